import { once } from "node:events";
import { create } from "@bufbuild/protobuf";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import { ConnectError } from "@connectrpc/connect";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { BootService } from "../../../gen/api/v1/boot_pb.ts";
import { AuditService } from "../../../gen/metal/v1/audit_pb.ts";
import { MachineAllocationSchema } from "../../../gen/metal/v1/machine_pb.ts";
import { newMachine } from "../../../src/domain/machine.ts";
import { endWait, waitMs } from "../../../src/domain/machine-wait.ts";
import { Bell } from "../../../src/services/bell.ts";
import { createWaitingRoom } from "../../../src/services/boot/waiting-room.ts";
import type { Store } from "../../../src/store/store.ts";
import { machineId } from "../../world/machines.ts";
import { everyone, silent, startWorld, type World } from "../../world/server.ts";
import { openTestStore } from "../../world/store.ts";

let store: Store;
const worlds: World[] = [];
beforeEach(async () => {
  store = await openTestStore();
  await store.transaction(async (tx) => {
    for (const n of numbers) await tx.machine.insert(newMachine(machineId(n)));
  });
});
afterEach(async () => {
  await Promise.all(worlds.splice(0).map((world) => world.close()));
  await store.close();
});

const numbers = Array.from({ length: 10 }, (_, index) => index + 1);
const id = machineId(1);
const clock = { ms: Date.now() };

/** A server on the store. A remote one is not told of the commits of others. */
async function server({ remote = false } = {}): Promise<World> {
  const { read, changes } = store;
  const deaf = {
    head: () => changes.head(),
    after: (seq: number, limit: number) => changes.after(seq, limit),
    forget: () => Promise.resolve(),
    onCommit: () => () => {},
  };
  const own: Store = {
    read,
    changes: remote ? deaf : changes,
    transaction: (work) => store.transaction(work),
    ping: () => store.ping(),
    close: () => Promise.resolve(),
  };
  const world = await startWorld({ store: own, users: everyone, now: () => clock.ms });
  worlds.push(world);
  return world;
}

/** A stream on which the nth machine waits. */
class Wait {
  readonly #abort = new AbortController();
  readonly end: Promise<string>;
  alive = 0;

  constructor(world: World, n = 1) {
    const machine = { machineId: machineId(n) };
    const client = world.client(BootService, "metal-hammer");
    this.end = this.#read(client.wait(machine, { signal: this.#abort.signal }));
  }

  async #read(stream: AsyncIterable<unknown>): Promise<string> {
    try {
      for await (const _ of stream) this.alive += 1;
      return "ended";
    } catch (error) {
      return ConnectError.from(error).message;
    }
  }

  /** Waits until the stream has said that it lives. */
  async begun(): Promise<this> {
    while (this.alive === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    return this;
  }

  leave(): Promise<string> {
    this.#abort.abort();
    return this.end;
  }
}

const machine = async (n = 1) => store.read.machine.get(machineId(n));

async function allocate(n = 1): Promise<void> {
  await store.transaction(async (tx) => {
    const known = await tx.machine.get(machineId(n));
    const allocation = create(MachineAllocationSchema, { uuid: "a", projectId: "p" });
    if (known) await tx.machine.update({ ...known, waiting: false, allocation });
  });
}

test("a machine waits as long as its stream, which ends without an error when it is allocated", async () => {
  const wait = await new Wait(await server()).begun();
  expect(await machine()).toMatchObject({ waiting: true });
  const lease = await store.read.machineWait.get(id);
  expect(lease?.until && timestampMs(lease.until)).toBe(clock.ms + waitMs);
  await allocate();
  expect(await wait.end).toBe("ended");
  expect(await machine()).toMatchObject({ waiting: false });
});

test("a machine that is allocated already does not wait", async () => {
  await allocate();
  const wait = new Wait(await server());
  expect(await wait.end).toBe("ended");
  expect(await machine()).toMatchObject({ waiting: false, generation: 1n });
  expect(await store.read.machineWait.get(id)).toBeUndefined();
});

test("a machine that there is not cannot wait", async () => {
  expect(await new Wait(await server(), 99).end).toBe(`[not_found] no machine "${machineId(99)}"`);
});

test("of machines on several replicas exactly those leave that are allocated, wherever that happens", async () => {
  const replicas = [await server(), await server({ remote: true }), await server({ remote: true })];
  const waits = numbers.map((n) => new Wait(replicas[n % replicas.length] as World, n));
  await Promise.all(waits.map((wait) => wait.begun()));
  await Promise.all(numbers.slice(0, 7).map(allocate));
  expect(await Promise.all(waits.slice(0, 7).map(({ end }) => end))).toEqual(
    Array.from({ length: 7 }, () => "ended"),
  );
  for (const n of numbers.slice(7)) expect(await machine(n)).toMatchObject({ waiting: true });
  await Promise.all(waits.slice(7).map((wait) => wait.leave()));
});

test("several streams of one machine do not disturb each other, and all end", async () => {
  const world = await server();
  const [one, two, three] = await Promise.all([1, 2, 3].map(() => new Wait(world).begun()));
  await one?.leave();
  expect(await machine()).toMatchObject({ waiting: true });
  await allocate();
  expect(await Promise.all([two?.end, three?.end])).toEqual(["ended", "ended"]);
});

test("a machine whose stream is gone still waits for as long as it takes to come back", async () => {
  const world = await server();
  await (await new Wait(world).begun()).leave();
  await store.transaction((tx) => endWait(tx, id, clock.ms + waitMs - 1));
  expect(await machine()).toMatchObject({ waiting: true });
  await store.transaction((tx) => endWait(tx, id, clock.ms + waitMs));
  expect(await machine()).toMatchObject({ waiting: false });
  expect(await store.read.machineWait.get(id)).toBeUndefined();
});

test("a stream whose machine does not count as waiting any more ends, so that it waits anew", async () => {
  const wait = await new Wait(await server()).begun();
  await store.transaction((tx) => endWait(tx, id, clock.ms + waitMs));
  expect(await wait.end).toBe(`[aborted] machine "${id}" does not count as waiting any more`);
});

test("a stream ends as unavailable when its server stops, and its machine goes on waiting", async () => {
  const world = await server();
  const wait = await new Wait(world).begun();
  await world.close();
  expect(await wait.end).toMatch(/^\[(unavailable|aborted|internal)\]/);
  expect(await machine()).toMatchObject({ waiting: true });
});

test("each stream has one record, from when it opened", async () => {
  const world = await server();
  const wait = await new Wait(world).begun();
  const { records } = await world.client(AuditService, "view").list({
    procedure: "api.v1.BootService/Wait",
  });
  expect(records.map(({ code }) => code)).toEqual(["ok"]);
  await wait.leave();
});

test("a waiting room says now and then that its machines wait, until they leave", async () => {
  const renewMs = 20;
  const room = createWaitingRoom({ store, log: silent, now: () => clock.ms, renewMs });
  const until = async (ms: number) => {
    for (;;) {
      const wait = await store.read.machineWait.get(id);
      if (wait?.until && timestampMs(wait.until) === ms) return;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  const seat = await room.enter(id);
  await until(clock.ms + waitMs);
  clock.ms += 1000;
  await until(clock.ms + waitMs);
  seat[Symbol.dispose]();
  clock.ms += 1000;
  await new Promise((resolve) => setTimeout(resolve, 5 * renewMs));
  const last = await store.read.machineWait.get(id);
  expect(last?.until && timestampMs(last.until)).toBe(clock.ms - 1000 + waitMs);
  await room.stop();
});

test("a waiting room that is left behind by what the store forgets rings all bells", async () => {
  const errors: unknown[] = [];
  const log = { error: (fields: object) => errors.push(fields) };
  let forgotten = false;
  const changes = {
    ...store.changes,
    head: () => store.changes.head(),
    onCommit: () => () => {},
    after: async (seq: number, limit: number) => {
      if (forgotten) return store.changes.after(seq, limit);
      forgotten = true;
      await store.changes.forget({ beforeMs: Number.POSITIVE_INFINITY, keep: 0 });
      return store.changes.after(-1, limit);
    },
  };
  const own = { changes, transaction: store.transaction.bind(store) };
  const room = createWaitingRoom({ store: own, log, now: Date.now, pollMs: 5 });
  using seat = await room.enter(id);
  expect(await seat.bell.heard(5_000, new AbortController().signal)).toBe(true);
  expect(errors).toEqual([]);
  await room.stop();
});

test("a bell is heard once, also if it was rung before, and stops with its signal", async () => {
  const bell = new Bell();
  const abort = new AbortController();
  bell.ring();
  bell.ring();
  expect(await bell.heard(1_000, abort.signal)).toBe(true);
  expect(await bell.heard(1, abort.signal)).toBe(false);
  const heard = bell.heard(10_000, abort.signal);
  const stopped = once(abort.signal, "abort");
  abort.abort(new Error("stop"));
  await stopped;
  await expect(heard).rejects.toThrow("stop");
});
