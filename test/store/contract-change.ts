// The contract of changes: all of watched kinds, in the order of the commits, until they are forgotten.
import { setImmediate as turn } from "node:timers/promises";
import { create } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { expect, test } from "@jest/globals";
import { MachineHistorySchema } from "../../gen/metal/store/v1/machine_pb.ts";
import { type Machine, MachineSchema } from "../../gen/metal/v1/machine_pb.ts";
import type { Change } from "../../src/store/changes.ts";
import type { Store } from "../../src/store/store.ts";
import type { Opened } from "./contract.ts";
import { image, insertImages } from "./sample.ts";

const machine = (id: string, partitionId = ""): Machine =>
  create(MachineSchema, { id, partitionId });

const insert = (store: Store, id: string, partitionId = ""): Promise<Machine> =>
  store.transaction((tx) => tx.machine.insert(machine(id, partitionId)));

/** "1 insert machine a" for each change after a number. */
async function lines({ changes }: Store, seq = 0, limit = 100): Promise<string[]> {
  const found = await changes.after(seq, limit);
  return found.map((change) => `${change.seq} ${change.op} ${change.kind} ${change.id}`);
}

export function changeContract(opened: () => Opened): void {
  aboutNumbers(opened);
  aboutStates(opened);
  aboutForgetting(opened);
  aboutListening(opened);
}

function aboutNumbers(opened: () => Opened): void {
  test("changes of watched kinds are numbered, in the order of the transactions", async () => {
    const { store } = opened();
    expect(await store.changes.head()).toBe(0);
    const first = await insert(store, "a");
    await store.transaction((tx) => tx.machine.update({ ...first, rackId: "r" }));
    await store.transaction((tx) => tx.machine.delete("a"));
    expect(await lines(store)).toEqual([
      "1 insert machine a",
      "2 update machine a",
      "3 delete machine a",
    ]);
    expect(await store.changes.head()).toBe(3);
  });

  test("they come in pages, from any number on", async () => {
    const { store } = opened();
    for (const id of ["a", "b", "c"]) await insert(store, id);
    expect(await lines(store, 0, 2)).toEqual(["1 insert machine a", "2 insert machine b"]);
    expect(await lines(store, 2, 2)).toEqual(["3 insert machine c"]);
    expect(await lines(store, 3)).toEqual([]);
  });

  test("who asks again and again is told what was committed meanwhile", async () => {
    const { store } = opened();
    const told: unknown[] = [];
    for (const id of ["a", "b"]) {
      await insert(store, id);
      for (const _ of [1, 2]) told.push(await lines(store, 1), await lines(store, 0, 1));
    }
    const [first, later] = [["1 insert machine a"], ["2 insert machine b"]];
    expect(told).toEqual([[], first, [], first, later, first, later, first]);
  });

  test("what one transaction does to an entity is one change, and none if nothing is left of it", async () => {
    const { store } = opened();
    const kept = await insert(store, "kept");
    await store.transaction(async (tx) => {
      const first = await tx.machine.insert(machine("new"));
      await tx.machine.update(first);
      await tx.machineHistory.insert(create(MachineHistorySchema, { id: "new" }));
      await tx.machine.insert(machine("brief"));
      await tx.machine.delete("brief");
      await tx.machine.update(await tx.machine.update(kept));
    });
    expect(await lines(store, 1)).toEqual([
      "2 insert machine new",
      "3 insert machineHistory new",
      "4 update machine kept",
    ]);
    await store.transaction(async (tx) => {
      await tx.machine.delete("kept");
      await tx.machine.insert(machine("kept"));
      await tx.machine.delete("new");
    });
    expect(await lines(store, 4)).toEqual(["5 update machine kept", "6 delete machine new"]);
  });

  test("what did not happen, or happened to other kinds, is no change", async () => {
    const { store } = opened();
    await insertImages(store, [image("a")]);
    await insert(store, "a");
    const failed = store.transaction(async (tx) => {
      await tx.machine.insert(machine("b"));
      throw new Error("never mind");
    });
    await expect(failed).rejects.toThrow("never mind");
    const refused = store.transaction(async (tx) => {
      await expect(tx.machine.insert(machine("a"))).rejects.toMatchObject({
        code: Code.AlreadyExists,
      });
      await expect(tx.machine.delete("c")).rejects.toMatchObject({ code: Code.NotFound });
    });
    await refused;
    expect(await lines(store)).toEqual(["1 insert machine a"]);
  });

  test("who follows transactions that run at the same time sees each change once, by number", async () => {
    const { store } = opened();
    const ids = Array.from({ length: 20 }, (_, index) => `m${index}`);
    const writes = Promise.all(ids.map((id) => insert(store, id)));
    const seen: Change[] = [];
    while (seen.length < ids.length) {
      seen.push(...(await store.changes.after(seen.at(-1)?.seq ?? 0, 3)));
      await turn();
    }
    await writes;
    expect(seen.map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
    expect(seen.map(({ seq }) => seq)).toEqual(ids.map((_, index) => index + 1));
    expect(await store.changes.after(20, 9)).toEqual([]);
  });
}

function aboutStates(opened: () => Opened): void {
  test("a change tells what was there before, with version and times", async () => {
    const { store, clock } = opened();
    const first = await insert(store, "a", "p");
    clock.ms += 1000;
    const second = await store.transaction((tx) =>
      tx.machine.update({ ...first, partitionId: "q" }),
    );
    await store.transaction((tx) => tx.machine.delete("a"));
    const [inserted, updated, deleted] = await store.changes.after(0, 9);
    expect(inserted?.before).toBeUndefined();
    expect(updated?.before).toEqual(first);
    expect(deleted?.before).toEqual(second);
  });

  test("several changes of one transaction tell what was there before the first", async () => {
    const { store } = opened();
    const first = await insert(store, "a", "p");
    await store.transaction(async (tx) => {
      await tx.machine.update(await tx.machine.update({ ...first, partitionId: "q" }));
      await tx.machine.delete("a");
    });
    expect((await store.changes.after(1, 9)).map(({ before }) => before)).toEqual([first]);
  });

  test("of kinds whose state is not watched it tells only that there was a change", async () => {
    const { store } = opened();
    const history = create(MachineHistorySchema, { id: "a" });
    const first = await store.transaction((tx) => tx.machineHistory.insert(history));
    await store.transaction((tx) => tx.machineHistory.update(first));
    expect((await store.changes.after(0, 9)).map(({ before }) => before)).toEqual([
      undefined,
      undefined,
    ]);
  });
}

function aboutForgetting(opened: () => Opened): void {
  const gone = { code: Code.OutOfRange };

  test("old changes are forgotten, and who would need them is refused", async () => {
    const { store, clock } = opened();
    await insert(store, "a");
    clock.ms += 1000;
    const beforeMs = clock.ms;
    for (const id of ["b", "c"]) await insert(store, id);
    await store.changes.forget({ beforeMs, keep: 100 });
    expect(await lines(store, 1)).toEqual(["2 insert machine b", "3 insert machine c"]);
    await expect(store.changes.after(0, 9)).rejects.toMatchObject(gone);
  });

  test("of many changes the newest stay, however new the others are", async () => {
    const { store } = opened();
    await store.transaction(async (tx) => {
      for (let count = 0; count < 1100; count += 1) await tx.machine.insert(machine(`m${count}`));
    });
    await store.changes.forget({ beforeMs: 0, keep: 2 });
    await expect(store.changes.after(1097, 9)).rejects.toMatchObject(gone);
    expect(await lines(store, 1098)).toEqual([
      "1099 insert machine m1098",
      "1100 insert machine m1099",
    ]);
  });

  test("who was told of changes before they were forgotten is refused afterwards", async () => {
    const { store } = opened();
    for (const id of ["a", "b"]) await insert(store, id);
    expect(await lines(store)).toHaveLength(2);
    await store.changes.forget({ beforeMs: Number.MAX_SAFE_INTEGER, keep: 0 });
    await expect(lines(store)).rejects.toMatchObject({ code: Code.OutOfRange });
  });

  test("when all are forgotten, who has seen the last one goes on", async () => {
    const { store, clock } = opened();
    await insert(store, "a");
    await store.changes.forget({ beforeMs: clock.ms + 1, keep: 100 });
    expect(await lines(store, 1)).toEqual([]);
    await insert(store, "b");
    expect(await lines(store, 1)).toEqual(["2 insert machine b"]);
    await expect(store.changes.after(0, 9)).rejects.toMatchObject(gone);
  });

  test("a number that no change has had yet is refused: it is of another store", async () => {
    const { store } = opened();
    await insert(store, "a");
    await expect(store.changes.after(2, 9)).rejects.toMatchObject(gone);
  });

  test("a page without end or beginning is refused", async () => {
    await expect(opened().store.changes.after(0, 0)).rejects.toThrow(RangeError);
  });
}

function aboutListening(opened: () => Opened): void {
  test("who listens is told after the commit of a change, and of nothing else", async () => {
    const { store } = opened();
    const seen: Promise<string[]>[] = [];
    const stop = store.changes.onCommit(() => seen.push(lines(store)));
    await insertImages(store, [image("a")]);
    await store
      .transaction(async () => {
        throw new Error("never mind");
      })
      .catch(() => undefined);
    expect(seen).toEqual([]);
    await insert(store, "a");
    expect(await Promise.all(seen)).toEqual([["1 insert machine a"]]);
    stop();
    await insert(store, "b");
    expect(seen).toHaveLength(1);
  });
}
