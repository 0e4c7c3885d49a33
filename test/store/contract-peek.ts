// The contract of looking at an entity: what is shared is as fresh as what is read.
import { create } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { expect, test } from "@jest/globals";
import { MachineSecretSchema } from "../../gen/metal/store/v1/machine_pb.ts";
import { invalid } from "../../src/domain/errors.ts";
import type { Store } from "../../src/store/store.ts";
import type { Opened } from "./contract.ts";
import { image, insertImages } from "./sample.ts";

const look = async ({ read }: Pick<Store, "read">) => (await read.image.peek("a"))?.name;

export function peekContract(opened: () => Opened): void {
  test("what is looked at is what is read, again and again", async () => {
    const { store } = opened();
    await insertImages(store, [image("a")]);
    const read = await store.read.image.get("a");
    for (const _ of [1, 2, 3]) expect(await store.read.image.peek("a")).toEqual(read);
    expect(await store.read.image.peek("b")).toBeUndefined();
    expect(await store.read.size.peek("a")).toBeUndefined();
  });

  test("what is looked at in a list is what is listed, again and again", async () => {
    const { store } = opened();
    await insertImages(store, [image("a"), image("b"), image("c")]);
    await look(store);
    const page = { after: "", limit: 2 };
    const read = await store.read.image.list(page);
    for (const _ of [1, 2, 3]) expect(await store.read.image.peekList(page)).toEqual(read);
    expect(await store.read.image.peekList({ where: { id: "c" }, limit: 9 })).toHaveLength(1);
  });

  test("of some entities those are found that there are, each as it is when looked at alone", async () => {
    const { store } = opened();
    const ids = ["a", "b", "c", "d", "e", "b"];
    const some = async () =>
      [...(await store.read.image.peekSome(ids))].map(([id, { name }]) => `${id} ${name}`).sort();
    const seen: unknown[] = [(await store.read.image.peekSome([])).size, await some()];
    await insertImages(store, [image("a", { name: "1" }), image("b", { name: "1" })]);
    await look(store);
    seen.push(await some(), await some());
    await store.transaction(async (tx) => {
      await tx.image.delete("a");
      await tx.image.insert(image("c", { name: "2" }));
      expect([...(await tx.image.peekSome(ids)).keys()].sort()).toEqual(["b", "c"]);
    });
    seen.push(await some());
    expect(await store.read.size.peekSome(ids)).toEqual(new Map());
    expect(seen).toEqual([0, [], ["a 1", "b 1"], ["a 1", "b 1"], ["b 1", "c 2"]]);
  });

  test("nothing is shared that holds secrets", async () => {
    const { store } = opened();
    const secret = create(MachineSecretSchema, { id: "a", allocationUuid: "u", userData: "s" });
    await store.transaction((tx) => tx.machineSecret.insert(secret));
    const looks = [
      await store.read.machineSecret.peek("a"),
      ...(await store.read.machineSecret.peekSome(["a"])).values(),
      ...(await store.read.machineSecret.peekList({ limit: 1 })),
      await store.read.machineSecret.peek("a"),
    ];
    expect(looks.map((look) => look?.userData)).toEqual(["s", "s", "s", "s"]);
    expect(looks.filter((look) => Object.isFrozen(look))).toEqual([]);
  });

  test("lists show what was committed, each entity as it is when looked at alone", async () => {
    const { store } = opened();
    const names = async () =>
      (await store.read.image.peekList({ limit: 9 })).map(({ id, name }) => `${id} ${name}`);
    await insertImages(store, [image("a", { name: "1" }), image("b", { name: "1" })]);
    const seen: unknown[] = [await names()];
    for (const name of ["2", "3"]) {
      await store.transaction(async (tx) => {
        const stored = await tx.image.get("a");
        if (stored) await tx.image.update({ ...stored, name });
      });
      seen.push(await names(), await look(store));
    }
    await store.transaction(async (tx) => {
      await tx.image.delete("a");
      await tx.image.insert(image("a", { name: "another" }));
    });
    seen.push(await names(), await look(store));
    const expected = ["2", "3", "another"].flatMap((name) => [[`a ${name}`, "b 1"], name]);
    expect(seen).toEqual([["a 1", "b 1"], ...expected]);
  });

  test("whoever has committed, and everybody who heard of it, sees what was committed", async () => {
    const { store } = opened();
    const seen: unknown[] = [await look(store)];
    const inserted = await store.transaction((tx) => tx.image.insert(image("a", { name: "1" })));
    seen.push(await look(store), await look(store));
    await store.transaction((tx) => tx.image.update({ ...inserted, name: "2" }));
    seen.push(await look(store), await look(store));
    await store.transaction((tx) => tx.image.delete("a"));
    seen.push(await look(store));
    expect(seen).toEqual([undefined, "1", "1", "2", "2", undefined]);
  });

  test("a look between a write and its commit does not outlast the commit", async () => {
    const { store } = opened();
    const inserted = await store.transaction((tx) => tx.image.insert(image("a", { name: "1" })));
    const written = Promise.withResolvers<void>();
    const looked = Promise.withResolvers<void>();
    const changing = store.transaction(async (tx) => {
      await tx.image.update({ ...inserted, name: "2" });
      written.resolve();
      await looked.promise;
    });
    await written.promise;
    expect(await look(store)).toBe("1");
    // Reads while others commit: whatever they find, what is found after the commit is what was committed.
    const meanwhile = Array.from({ length: 20 }, () => look(store));
    looked.resolve();
    await Promise.all([changing, ...meanwhile]);
    expect(await look(store)).toBe("2");
  });

  test("what is rolled back was never seen", async () => {
    const { store } = opened();
    await insertImages(store, [image("a", { name: "1" })]);
    const work = store.transaction(async (tx) => {
      const stored = await tx.image.get("a");
      if (stored) await tx.image.update({ ...stored, name: "2" });
      expect(await tx.image.peek("a")).toMatchObject({ name: "2" });
      throw invalid("after all not");
    });
    await expect(work).rejects.toMatchObject({ code: Code.InvalidArgument });
    expect(await look(store)).toBe("1");
  });

  test("what others did with what they got or wrote does not show", async () => {
    const { store } = opened();
    const sent = image("a", { name: "1" });
    const stored = await store.transaction((tx) => tx.image.insert(sent));
    const got = await store.read.image.get("a");
    for (const message of [sent, stored, got]) if (message) message.name = "another";
    expect(await look(store)).toBe("1");
    await look(store);
    const own = await store.read.image.get("a");
    if (own) own.name = "another";
    expect(await look(store)).toBe("1");
  });

  test("nobody looks from within a transaction, or after the end", async () => {
    const { store } = opened();
    await insertImages(store, [image("a")]);
    await look(store);
    const within = store.transaction(() => look(store));
    await expect(within).rejects.toThrow("may use nothing but it");
    await store.close();
    await expect(look(store)).rejects.toMatchObject({ code: Code.Unavailable });
  });
}
