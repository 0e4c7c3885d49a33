// The contract of transactions: all or nothing, one after the other, and no reader waits.
import { Code } from "@connectrpc/connect";
import { expect, test } from "@jest/globals";
import { invalid } from "../../src/domain/errors.ts";
import type { Store, Transaction } from "../../src/store/store.ts";
import type { Opened } from "./contract.ts";
import { audit, idsOf, image, insertImages } from "./sample.ts";

export function transactionContract(opened: () => Opened): void {
  aboutAtomicity(opened);
  aboutFailures(opened);
  aboutConcurrency(opened);
  aboutTheirEnd(opened);
  aboutClosing(opened);
}

/** Everything that a store holds, as far as these tests write it. */
async function contents(store: Store) {
  return {
    images: idsOf(await store.read.image.list({ limit: 100 })),
    named: await store.read.image.count({ name: "n" }),
    records: (await store.read.audit.list({ where: {}, limit: 100 })).length,
  };
}
const nothing = { images: [], named: 0, records: 0 };

async function writeAll(tx: Transaction, id: string): Promise<void> {
  await tx.image.insert(image(id, { name: "n" }));
  await tx.audit.append([audit(1000, {}, id)]);
}

function aboutAtomicity(opened: () => Opened): void {
  test("a transaction returns what its work returns, and all of it is there", async () => {
    const { store } = opened();
    const answer = await store.transaction(async (tx) => {
      await writeAll(tx, "a");
      await writeAll(tx, "b");
      return 42;
    });
    expect(answer).toBe(42);
    expect(await contents(store)).toEqual({ images: ["a", "b"], named: 2, records: 2 });
  });

  test("of work that throws nothing is left, and its error comes back as it is", async () => {
    const { store } = opened();
    const error = invalid("name: too long");
    const work = store.transaction(async (tx) => {
      await writeAll(tx, "a");
      throw error;
    });
    await expect(work).rejects.toBe(error);
    expect(await contents(store)).toEqual(nothing);
    await store.transaction((tx) => writeAll(tx, "a"));
    expect(await contents(store)).toEqual({ images: ["a"], named: 1, records: 1 });
  });

  test("a rolled back update and deletion leave entity and terms as they were", async () => {
    const { store } = opened();
    const stored = await store.transaction((tx) => tx.image.insert(image("a", { name: "n" })));
    const work = store.transaction(async (tx) => {
      const renamed = await tx.image.update({ ...stored, name: "other" });
      await tx.image.delete(renamed.id);
      throw new Error("after all not");
    });
    await expect(work).rejects.toThrow("after all not");
    expect(await store.read.image.get("a")).toEqual(stored);
    expect(await store.read.image.count({ name: "n" })).toBe(1);
    expect(await store.read.image.count({ name: "other" })).toBe(0);
  });

  test("the work sees what it wrote", async () => {
    const { store } = opened();
    await insertImages(store, [image("a")]);
    await store.transaction(async (tx) => {
      await tx.image.delete("a");
      await tx.image.insert(image("b", { name: "n" }));
      await tx.audit.append([audit(1, { principal: "p" })]);
      expect(await tx.image.get("a")).toBeUndefined();
      expect(idsOf(await tx.image.list({ where: { name: "n" }, limit: 9 }))).toEqual(["b"]);
      expect(await tx.image.count({})).toBe(1);
      expect(await tx.audit.list({ where: { principal: "p" }, limit: 9 })).toHaveLength(1);
      expect(await tx.audit.get(audit(1).traceId)).toMatchObject({ principal: "p" });
    });
  });
}

function aboutFailures(opened: () => Opened): void {
  test("after a refusal the work may go on", async () => {
    const { store } = opened();
    await insertImages(store, [image("a")]);
    await store.transaction(async (tx) => {
      await expect(tx.image.insert(image("a"))).rejects.toMatchObject({ code: Code.AlreadyExists });
      await expect(tx.image.delete("z")).rejects.toMatchObject({ code: Code.NotFound });
      const stale = { ...image("a"), generation: 5n };
      await expect(tx.image.update(stale)).rejects.toMatchObject({ code: Code.Aborted });
      await tx.image.insert(image("b"));
    });
    expect((await contents(store)).images).toEqual(["a", "b"]);
  });

  test("after another failure nothing is committed, even if the work makes light of it", async () => {
    const { store } = opened();
    const work = store.transaction(async (tx) => {
      await writeAll(tx, "a");
      await tx.audit.append([audit(1, { traceId: "" })]).catch(() => undefined);
      await tx.image.insert(image("b")).catch(() => undefined);
      return "all is well";
    });
    await expect(work).rejects.toThrow("audit record");
    expect(await contents(store)).toEqual(nothing);
  });

  test("one failure among several calls at once ends all of them", async () => {
    const { store } = opened();
    const ids = ["a", "a", ...Array.from({ length: 50 }, (_, n) => `b${n}`)];
    const work = store.transaction((tx) =>
      Promise.all(ids.map((id) => tx.image.insert(image(id, { name: "n" })))),
    );
    await expect(work).rejects.toMatchObject({ code: Code.AlreadyExists });
    expect(await contents(store)).toEqual(nothing);
  });
}

function aboutConcurrency(opened: () => Opened): void {
  test("of two updates of one version exactly one wins", async () => {
    const { store } = opened();
    const read = await store.transaction((tx) => tx.image.insert(image("a")));
    const update = (name: string) => store.transaction((tx) => tx.image.update({ ...read, name }));
    const names = ["one", "two"];
    const outcomes = await Promise.allSettled(names.map(update));
    const won = outcomes.findIndex(({ status }) => status === "fulfilled");
    expect(outcomes[1 - won]).toMatchObject({
      status: "rejected",
      reason: { code: Code.Aborted },
    });
    expect(await store.read.image.get("a")).toMatchObject({ name: names[won], generation: 1n });
  });

  test("of two inserts of one id exactly one wins", async () => {
    const { store } = opened();
    const insert = () => store.transaction((tx) => tx.image.insert(image("a")));
    const outcomes = await Promise.allSettled([insert(), insert()]);
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
  });

  test("no addition of fifty at the same time is lost", async () => {
    const { store } = opened();
    await insertImages(store, [image("counter", { name: "0" })]);
    const addOne = async (tx: Transaction) => {
      const counter = await tx.image.get("counter");
      if (counter === undefined) throw new Error("no counter");
      await tx.image.update({ ...counter, name: `${Number(counter.name) + 1}` });
    };
    await Promise.all(Array.from({ length: 50 }, () => store.transaction(addOne)));
    expect(await store.read.image.get("counter")).toMatchObject({ name: "50", generation: 50n });
  });

  test("what a transaction read stays true until its end", async () => {
    const { store } = opened();
    // Each looks whether it is the only one, and only then writes: both would, if they did not see each other.
    const onlyOne = (id: string) =>
      store.transaction(async (tx) => {
        const others = await tx.image.count({ name: "n" });
        await new Promise((resolve) => setImmediate(resolve));
        if (others === 0) await tx.image.insert(image(id, { name: "n" }));
      });
    await Promise.all([onlyOne("a"), onlyOne("b")]);
    expect(await store.read.image.count({ name: "n" })).toBe(1);
  });

  test("reads do not wait for a transaction and do not see it before its end", async () => {
    const { store } = opened();
    await insertImages(store, [image("a", { name: "old" })]);
    const gate = Promise.withResolvers<void>();
    const written = Promise.withResolvers<void>();
    const work = store.transaction(async (tx) => {
      const read = await tx.image.get("a");
      if (read !== undefined) await tx.image.update({ ...read, name: "new" });
      await writeAll(tx, "b");
      written.resolve();
      await gate.promise;
    });
    await written.promise;
    expect(await store.read.image.get("a")).toMatchObject({ name: "old" });
    expect(await contents(store)).toEqual({ images: ["a"], named: 0, records: 0 });
    await store.ping();
    gate.resolve();
    await work;
    expect(await store.read.image.get("a")).toMatchObject({ name: "new" });
    expect(await contents(store)).toEqual({ images: ["a", "b"], named: 1, records: 1 });
  });
}

function aboutTheirEnd(opened: () => Opened): void {
  test.each([true, false])(
    "a transaction is of no use after its end (committed: %j)",
    async (commits) => {
      const { store } = opened();
      let kept: Transaction | undefined;
      const work = store.transaction(async (tx) => {
        kept = tx;
        if (!commits) throw invalid("no");
      });
      await work.catch(() => undefined);
      await expect(kept?.image.get("a")).rejects.toThrow("the transaction has ended");
      await expect(kept?.image.insert(image("a"))).rejects.toThrow("the transaction has ended");
      await expect(kept?.audit.append([audit(1)])).rejects.toThrow("the transaction has ended");
      expect(await contents(store)).toEqual(nothing);
    },
  );

  test("work that does not wait for its calls fails, and none of them happened", async () => {
    const { store } = opened();
    let forgotten: Promise<unknown> | undefined;
    const work = store.transaction(async (tx) => {
      await writeAll(tx, "a");
      forgotten = writeAll(tx, "b").catch(() => undefined);
    });
    await expect(work).rejects.toThrow("ended before its calls");
    await forgotten;
    expect(await contents(store)).toEqual(nothing);
  });

  test("work that uses the store beside its transaction fails instead of waiting for ever", async () => {
    const { store } = opened();
    const nested = store.transaction(async () => store.transaction(async () => "never"));
    await expect(nested).rejects.toThrow("may use nothing but it");
    const besides = store.transaction(async () => store.read.image.get("a"));
    await expect(besides).rejects.toThrow("may use nothing but it");
  });

  test("what a transaction has started may use the store after its end", async () => {
    const { store } = opened();
    const ended = Promise.withResolvers<void>();
    let later: Promise<number> | undefined;
    await store.transaction(async (tx) => {
      later = ended.promise.then(() => store.read.image.count({}));
      await writeAll(tx, "a");
    });
    ended.resolve();
    expect(await later).toBe(1);
  });
}

function aboutClosing(opened: () => Opened): void {
  test("a store that is open answers a ping", async () => {
    await expect(opened().store.ping()).resolves.toBeUndefined();
  });

  test("closing waits for what is under way and refuses what comes later", async () => {
    const { store } = opened();
    const gate = Promise.withResolvers<void>();
    const order: string[] = [];
    const work = store
      .transaction(async (tx) => {
        await gate.promise;
        await tx.image.insert(image("a"));
      })
      .then(() => order.push("committed"));
    const closing = store.close().then(() => order.push("closed"));
    const refused = { code: Code.Unavailable, rawMessage: "the store is closed" };
    await expect(store.read.image.get("a")).rejects.toMatchObject(refused);
    await expect(store.transaction(async () => 1)).rejects.toMatchObject(refused);
    await expect(store.ping()).rejects.toMatchObject(refused);
    gate.resolve();
    await Promise.all([work, closing]);
    expect(order).toEqual(["committed", "closed"]);
    await store.close();
  });
}
