import { setTimeout as pause } from "node:timers/promises";
import { create } from "@bufbuild/protobuf";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import {
  BMCCommandService,
  BmcCommandState,
  BmcCommandType,
  BMCFirmwareSchema,
} from "../../gen/metal/v1/bmc_command_pb.ts";
import { createApp } from "../../src/app.ts";
import { ascending } from "../../src/domain/order.ts";
import {
  bmcClient,
  bmcRecord,
  bmcUser,
  issue,
  keepMachines,
  openWatch,
  type Watch,
} from "../world/bmc.ts";
import { failure } from "../world/failure.ts";
import { machineId } from "../world/machines.ts";
import { silent, startWorld, users, type World } from "../world/server.ts";

const { ON, OFF, RESET, CYCLE, UPDATE_FIRMWARE } = BmcCommandType;
const { SENT, DONE, FAILED } = BmcCommandState;
const identities = { users: [...Object.values(users), bmcUser] };

let world: World;
let watches: Watch[] = [];
beforeEach(async () => {
  world = await startWorld(identities);
  await keepMachines(world.store, 3);
});
afterEach(async () => {
  await Promise.all(watches.map((watch) => watch.close()));
  watches = [];
  await world.close();
});

const client = (url = world.url) => bmcClient(url);
const watch = async (url = world.url, partitionId = "here") => {
  const opened = await openWatch(client(url), partitionId);
  watches.push(opened);
  return opened;
};
/** The store of the world for another server, which does not close it. */
const shared = (changes = world.store.changes): World["store"] => ({
  read: world.store.read,
  changes,
  transaction: world.store.transaction.bind(world.store),
  ping: () => world.store.ping(),
  close: () => Promise.resolve(),
});
const report = (commandId: string, error = "") => client().reportCommand({ commandId, error });
const stored = (id: string) => world.store.read.bmcCommand.get(id);

describe("who watches", () => {
  test("gets what is open, in the order in which it was issued, with how to reach the BMC", async () => {
    const first = await issue(world.store, 1, OFF);
    // Those of different machines have an order only if they were issued in different milliseconds.
    await pause(2);
    const second = await issue(world.store, 2, ON);
    const stream = await watch();
    expect(await stream.next()).toMatchObject({
      commandId: first,
      machineId: machineId(1),
      command: OFF,
      bmc: {
        address: "[2001:db8::0001]:623",
        user: "root",
        password: `secret of ${machineId(1)}`,
      },
    });
    expect((await stream.next())?.commandId).toBe(second);
    expect(await stored(first)).toMatchObject({ state: SENT, deliveries: 1 });
  });

  test("gets what is issued later at once, not with the next look", async () => {
    const stream = await watch();
    expect(await stream.next(50)).toBeUndefined();
    const id = await issue(world.store, 1, ON);
    expect((await stream.next(600))?.commandId).toBe(id);
  });

  test("gets the next command of a machine when the one before is reported, others before", async () => {
    const ids = [];
    for (const type of [OFF, ON, CYCLE]) ids.push(await issue(world.store, 1, type));
    const other = await issue(world.store, 2, RESET);
    const stream = await watch();
    expect([(await stream.next())?.commandId, (await stream.next())?.commandId]).toEqual([
      ids[0],
      other,
    ]);
    expect(await stream.next(100)).toBeUndefined();
    for (const [at, id] of ids.entries()) {
      await report(id, at === 0 ? "no power" : "");
      expect((await stream.next(at === 2 ? 100 : 5_000))?.commandId).toBe(ids[at + 1]);
    }
    expect(await stored(ids[0] ?? "")).toMatchObject({ state: FAILED, error: "no power" });
    expect(await stored(ids[2] ?? "")).toMatchObject({ state: DONE, error: "" });
  });

  test("gets nothing of another partition", async () => {
    await keepMachines({ transaction: (work) => world.store.transaction(work) }, 0, "there");
    const stream = await watch(world.url, "there");
    await issue(world.store, 1, ON);
    expect(await stream.next(100)).toBeUndefined();
  });

  test("of a partition that there is not is refused", async () => {
    const call = client().watchCommands({ partitionId: "nowhere" })[Symbol.asyncIterator]().next();
    expect(await failure(call)).toBe('NotFound: no partition "nowhere"');
  });

  test("is told now and then that the stream lives", async () => {
    const { createStreams } = await import("../../src/services/bmc-command/stream.ts");
    const open = createStreams({
      store: world.store,
      now: Date.now,
      pollMs: 10,
      keepAliveMs: 30,
      firmwareUrl: () => Promise.resolve(""),
    });
    const abort = new AbortController();
    const messages = open("here", abort.signal);
    for (let n = 0; n < 3; n += 1)
      expect((await messages.next()).value).toMatchObject({ commandId: "" });
    abort.abort(new Error("enough"));
    await expect(messages.next()).rejects.toThrow("enough");
  });
});

describe("several streams of a partition", () => {
  test("share its commands: each goes to one of them", async () => {
    const streams = [await watch(), await watch()];
    for (const n of [1, 2, 3]) await issue(world.store, n, ON);
    const got: string[] = [];
    for (const stream of streams)
      for (let one = await stream.next(200); one !== undefined; one = await stream.next(200))
        got.push(one.machineId);
    expect(got.toSorted(ascending)).toEqual([machineId(1), machineId(2), machineId(3)]);
  });

  test("take over what one that ends had not reported", async () => {
    const [first, second] = [await watch(), await watch()];
    const id = await issue(world.store, 1, ON);
    const holder = (await first.next(200)) === undefined ? second : first;
    await holder.close();
    const third = await watch();
    expect((await third.next())?.commandId).toBe(id);
    expect(await stored(id)).toMatchObject({ deliveries: 2 });
  });
});

test("commands of another replica arrive, and reports to another replica count", async () => {
  // Two servers on one store know of each other only through it; what wakes the streams of one is taken away.
  const { changes } = world.store;
  const mute: typeof changes = {
    head: () => changes.head(),
    after: (seq, limit) => changes.after(seq, limit),
    forget: (which) => changes.forget(which),
    onCommit: () => () => {},
  };
  const store = shared(mute);
  const options = { issuers: [], providerTenant: "metal", version: "0", log: silent };
  const replica = await createApp({ ...options, ...identities, store });
  const { port } = await replica.listen("127.0.0.1", 0);
  try {
    const stream = await watch(`http://127.0.0.1:${port}`);
    const [first, second] = [await issue(world.store, 1, ON), await issue(world.store, 1, OFF)];
    expect((await stream.next())?.commandId).toBe(first);
    await report(first);
    expect((await stream.next())?.commandId).toBe(second);
  } finally {
    await replica.close(0);
  }
});

test("a command for a BMC of which nothing is known any more has failed, and holds up nothing", async () => {
  const [first, second] = [await issue(world.store, 1, ON), await issue(world.store, 1, OFF)];
  await world.store.transaction((tx) => tx.machineBmc.delete(machineId(1)));
  const stream = await watch();
  expect(await stream.next(300)).toBeUndefined();
  for (const id of [first, second])
    expect(await stored(id)).toMatchObject({
      state: FAILED,
      error: `nothing is known of the BMC of machine "${machineId(1)}" any more`,
    });
});

test("a firmware that cannot be loaded is told as the outcome", async () => {
  const id = await issue(world.store, 1, UPDATE_FIRMWARE);
  await world.store.transaction(async (tx) => {
    const command = await tx.bmcCommand.get(id);
    const firmware = create(BMCFirmwareSchema, { revision: "1.2" });
    if (command) await tx.bmcCommand.update({ ...command, firmware });
  });
  const stream = await watch();
  expect(await stream.next(300)).toBeUndefined();
  expect((await stored(id))?.error).toContain("no store for firmware is configured");
});

test("a BMC whose account is not known is reached as the super-user, if there is one", async () => {
  const record = await world.store.read.machineBmc.get(machineId(1));
  const { generation = 0n } = record ?? {};
  const nameless = { ...bmcRecord(machineId(1), "here"), user: "", password: "", generation };
  await world.store.transaction((tx) => tx.machineBmc.update(nameless));
  await issue(world.store, 1, ON);
  const stream = await watch();
  expect((await stream.next())?.bmc).toMatchObject({ user: "", password: "" });
  await stream.close();
  const superUser = { superUserPassword: "of all BMCs" };
  const other = await startWorld({ ...identities, ...superUser, store: shared() });
  const again = await watch(other.url);
  expect((await again.next())?.bmc).toMatchObject({ user: "root", password: "of all BMCs" });
  await again.close();
  await other.close();
});

describe("a report", () => {
  test("may come twice, and says nothing new then", async () => {
    const id = await issue(world.store, 1, ON);
    await report(id);
    await report(id, "the other way");
    expect(await stored(id)).toMatchObject({ state: DONE, error: "" });
  });

  test("of a command that there is not is refused", async () => {
    expect(await failure(report("x"))).toBe('NotFound: no BMC command "x"');
  });

  test.each(["edit", "admin"] as const)("is for metal-bmc, not for %s", async (caller) => {
    const other = world.client(BMCCommandService, caller);
    expect(await failure(other.reportCommand({ commandId: "x" }))).toMatch(/^PermissionDenied/);
  });
});

test("the password of a BMC is in the stream, and in no record of the audit", async () => {
  await world.store.transaction(async (tx) => {
    const record = await tx.machineBmc.get(machineId(1));
    await tx.machineBmc.update({
      ...bmcRecord(machineId(1), "here"),
      password: "needle in a haystack",
      generation: record?.generation ?? 0n,
    });
  });
  const id = await issue(world.store, 1, ON);
  const stream = await watch();
  expect((await stream.next())?.bmc?.password).toBe("needle in a haystack");
  await report(id);
  const records = await world.store.read.audit.list({ where: {}, limit: 100 });
  const text = JSON.stringify(records, (_, value: unknown) =>
    typeof value === "bigint" ? `${value}` : value,
  );
  expect(text).toContain("BMCCommandService/WatchCommands");
  expect(text).toContain("BMCCommandService/ReportCommand");
  expect(text).not.toContain("needle in a haystack");
});
