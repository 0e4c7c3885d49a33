import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import {
  SwitchMode,
  type SwitchNic,
  SwitchPortState,
  SwitchService,
} from "../../gen/metal/v1/switch_pb.ts";
import { failure } from "../world/failure.ts";
import { machineId } from "../world/machines.ts";
import { startWorld, type World } from "../world/server.ts";
import {
  buildRack,
  cumulus,
  nicsOf,
  plug,
  type Registration,
  registrationOf,
} from "../world/switches.ts";

const { UP, DOWN, UNKNOWN, UNSPECIFIED } = SwitchPortState;
const { OPERATIONAL, REPLACE } = SwitchMode;

let world: World;
beforeEach(async () => {
  world = await startWorld();
  await buildRack(world);
});
afterEach(() => world.close());

const admin = () => world.client(SwitchService, "admin");
const agent = () => world.client(SwitchService, "edit");
const get = async (id: string) => {
  const { switch: one } = await world.client(SwitchService, "view").get({ id });
  if (one === undefined) throw new Error("no switch");
  return one;
};
const register = (id: string, values: Registration = {}) =>
  agent().register(registrationOf(id, values));
const set = async (id: string, values: object, paths: string[] = []) => {
  const { generation } = await get(id);
  const request = { switch: { id, generation, ...values }, updateMask: { paths } };
  return (await admin().update(request as never)).switch;
};
/** Puts a port into a VRF, as an installed machine does. */
const setVrf = (id: string, port: number, vrf: string) =>
  world.store.transaction(async (tx) => {
    const one = await tx.switch.get(id);
    const nic = one?.nics[port];
    if (one === undefined || nic === undefined) throw new Error("no port");
    nic.vrf = vrf;
    await tx.switch.update(one);
  });
const neighborsOf = async (n: number) =>
  (await world.store.read.machine.get(machineId(n)))?.hardware?.nics.flatMap((nic) =>
    nic.neighbors.map(({ hostname, identifier, name }) => ({ hostname, identifier, name })),
  );
const names = (nics: readonly SwitchNic[]) => nics.map(({ name }) => name);
const machinesOf = async (id: string) =>
  (await get(id)).connections.map(({ nic, machineId: machine }) => [machine, nic?.name]);

describe("a switch that registers", () => {
  test("for the first time is operational, and nothing is known of its ports", async () => {
    const { created, switch: one } = await register("three", { description: "a spare" });
    expect(created).toBe(true);
    expect(one).toMatchObject({
      id: "three",
      name: "three",
      description: "a spare",
      partitionId: "here",
      rackId: "rack",
      mode: OPERATIONAL,
      os: { vendor: "SONiC", version: "1", metalCoreVersion: "2" },
      managementIp: "10.0.0.1",
      managementUser: "admin",
      connections: [],
      generation: 0n,
    });
    expect(one?.nics[0]).toMatchObject({ name: "Ethernet0", actual: UNKNOWN, vrf: "" });
  });

  test("may not say itself what is the server's", async () => {
    const nic = { name: "Ethernet0", vrf: "vrf1", desired: DOWN, actual: UP };
    const { switch: one } = await register("three", { nics: [nic] });
    expect(one?.nics).toMatchObject([{ vrf: "", desired: UNSPECIFIED, actual: UNKNOWN }]);
  });

  test("again changes nothing, not even its generation", async () => {
    const { created, switch: one } = await register("one");
    expect([created, one?.generation]).toEqual([false, 0n]);
  });

  test("again may be elsewhere and otherwise; what it leaves out stays", async () => {
    await set("one", { description: "left", consoleCommand: "tip" });
    const { id, ...rest } = registrationOf("one", { rackId: "rack-2", managementIp: "10.0.0.9" });
    delete rest.name;
    const { switch: one } = await agent().register({ id: id ?? "", ...rest });
    expect(one).toMatchObject({
      name: "one",
      description: "left",
      consoleCommand: "tip",
      rackId: "rack-2",
      managementIp: "10.0.0.9",
    });
  });

  test.each([
    ["NotFound", { partitionId: "nowhere" }, 'no partition "nowhere"'],
    ["InvalidArgument", { nics: [...nicsOf("x", 1), ...nicsOf("x", 1)] }, "nics[1].identifier"],
    ["InvalidArgument", { os: { vendor: "IOS" } }, "os.vendor"],
    ["InvalidArgument", { id: "" }, "id"],
    ["InvalidArgument", { rackId: "" }, "rack_id"],
  ])("is refused with %s for %j", async (code, values, text) => {
    const refused = await failure(register("three", values));
    expect(refused).toMatch(new RegExp(`^${code}: `));
    expect(refused).toContain(text);
  });

  test("without its operating system is refused", async () => {
    const { os: _, ...rest } = registrationOf("three");
    expect(await failure(agent().register(rest))).toMatch(/^InvalidArgument: os/);
  });

  test("may lose and rename ports, but none with a machine; their VRFs stay", async () => {
    await plug(world.store, { n: 1, port: 0 });
    await setVrf("one", 0, "vrf7");
    const [first, second] = nicsOf("one");
    const renamed = { ...second, name: "Ethernet99" };
    const { switch: one } = await register("one", { nics: [first ?? {}, renamed] });
    expect(one?.nics.map(({ name, vrf }) => [name, vrf])).toEqual([
      ["Ethernet0", "vrf7"],
      ["Ethernet99", ""],
    ]);
    expect(await failure(register("one", { nics: [renamed] }))).toBe(
      `FailedPrecondition: port "Ethernet0" is missing, and machine "${machineId(1)}" is plugged into it`,
    );
    const moved = { ...first, name: "Ethernet98" };
    expect(await failure(register("one", { nics: [moved] }))).toMatch(
      /^FailedPrecondition: port "Ethernet0" is now "Ethernet98"/,
    );
    expect(names((await get("one")).nics)).toEqual(["Ethernet0", "Ethernet99"]);
  });
});

describe("a switch that replaces another", () => {
  const replacement = { nics: nicsOf("new") };
  beforeEach(async () => {
    await plug(world.store, { n: 1, port: 0 });
    await plug(world.store, { n: 2, port: 2 });
    for (const id of ["one", "two"]) await setVrf(id, 2, "vrf7");
    await set("one", { mode: REPLACE, consoleCommand: "tip" });
  });

  test("takes over machines and VRFs from the other one, port by port", async () => {
    const before = await get("one");
    const { created, switch: one } = await register("one", replacement);
    expect(created).toBe(false);
    expect(one).toMatchObject({ mode: OPERATIONAL, consoleCommand: "tip" });
    expect(one?.created).toEqual(before.created);
    expect(one?.nics.map(({ identifier, vrf }) => [identifier, vrf])).toEqual([
      ["new Ethernet0", ""],
      ["new Ethernet12", ""],
      ["new Ethernet4", ""],
      ["new Ethernet8", "vrf7"],
    ]);
    expect(one?.connections.map(({ nic, machineId: id }) => [id, nic?.identifier])).toEqual([
      [machineId(1), "new Ethernet0"],
      [machineId(2), "new Ethernet8"],
    ]);
  });

  test("is seen by the machines in place of the old one", async () => {
    await register("one", replacement);
    expect(await neighborsOf(2)).toEqual([
      { hostname: "one", identifier: "new Ethernet8", name: "Ethernet8" },
      { hostname: "two", identifier: "two Ethernet8", name: "Ethernet8" },
    ]);
  });

  test("may be of another vendor, whose ports have other names", async () => {
    const nics = nicsOf("new", 4, cumulus);
    const { switch: one } = await register("one", { os: { vendor: "Cumulus" }, nics });
    expect(one?.connections.map(({ nic }) => nic?.name)).toEqual(["swp1", "swp3"]);
    expect((await neighborsOf(2))?.[0]).toMatchObject({ identifier: "new swp3", name: "swp3" });
  });

  test.each([
    ["in another rack", { rackId: "elsewhere" }, "can only be replaced in"],
    ["with fewer ports", { nics: nicsOf("new", 2) }, "has no ports Ethernet8, Ethernet12"],
    ["with a port twice", { nics: [...nicsOf("n", 1), ...nicsOf("n", 1)] }, "nics[1].identifier"],
  ])("is refused %s, and nothing has changed", async (_, values, text) => {
    const before = [await get("one"), await neighborsOf(1)];
    expect(await failure(register("one", { ...replacement, ...values }))).toContain(text);
    expect([await get("one"), await neighborsOf(1)]).toEqual(before);
  });

  test("is refused while there is no other one with machines, or several", async () => {
    await plug(world.store, { n: 3, port: 3, switches: [] });
    await register("three");
    await plug(world.store, { n: 4, port: 3, switches: ["three"] });
    expect(await failure(register("one", replacement))).toMatch(
      /^FailedPrecondition: .* it has 2$/,
    );
  });
});

describe("a migration", () => {
  beforeEach(async () => {
    await register("three");
    await plug(world.store, { n: 1, port: 0 });
    await setVrf("one", 0, "vrf7");
  });
  const migrate = (oldSwitchId: string, newSwitchId: string) =>
    admin().migrate({ oldSwitchId, newSwitchId });

  test("moves machines and VRFs, and what machines see, and leaves nothing behind", async () => {
    const { switch: three } = await migrate("one", "three");
    expect(three).toMatchObject({
      id: "three",
      connections: [{ machineId: machineId(1), nic: { identifier: "three Ethernet0" } }],
    });
    expect(three?.nics[0]?.vrf).toBe("vrf7");
    const one = await get("one");
    expect([one.connections, one.nics[0]?.vrf]).toEqual([[], ""]);
    expect(await neighborsOf(1)).toEqual([
      { hostname: "three", identifier: "three Ethernet0", name: "Ethernet0" },
      { hostname: "two", identifier: "two Ethernet0", name: "Ethernet0" },
    ]);
    await migrate("three", "one");
    expect(await machinesOf("one")).toEqual([[machineId(1), "Ethernet0"]]);
  });

  test.each([
    ["NotFound", "x", "three", 'no switch "x"'],
    ["NotFound", "one", "x", 'no switch "x"'],
    ["InvalidArgument", "one", "one", "the old one"],
    ["FailedPrecondition", "one", "two", "has machines already"],
    ["FailedPrecondition", "one", "far", "not in the rack"],
    ["FailedPrecondition", "one", "small", "has no ports"],
  ])("is refused with %s from %s to %s, and nothing has moved", async (code, from, to, text) => {
    await register("far", { rackId: "rack-2" });
    await register("small", { nics: nicsOf("small", 0) });
    const refused = await failure(migrate(from, to));
    expect(refused).toMatch(new RegExp(`^${code}: `));
    expect(refused).toContain(text);
    expect(await machinesOf("one")).toEqual([[machineId(1), "Ethernet0"]]);
  });
});

describe("a notification", () => {
  const notify = (values: object) => agent().notify({ id: "one", ...values });

  test("of a success and one of a failure are kept beside each other", async () => {
    await notify({ syncDuration: { seconds: 2n } });
    const { id, lastSync, lastSyncError } = await notify({ error: "no route" });
    expect([id, lastSync?.duration?.seconds, lastSyncError?.error]).toEqual([
      "one",
      2n,
      "no route",
    ]);
    expect(await get("one")).toMatchObject({ lastSync, lastSyncError });
  });

  test("tells ports and BGP; a port that there is not is passed over, a report without ports leaves all", async () => {
    const bgp = { neighbor: "fe80::1", bgpState: "Established", acceptedPrefixCounter: 3n };
    await notify({
      portStates: { Ethernet0: UP, Ethernet4: DOWN, Ethernet77: UP },
      bgpPortStates: { Ethernet0: bgp },
    });
    await notify({});
    const shown = async () =>
      (await get("one")).nics.map(({ actual, bgpPortState }) => [actual, bgpPortState?.bgpState]);
    expect(await shown()).toEqual([
      [UP, "Established"],
      [UNKNOWN, undefined],
      [DOWN, undefined],
      [UNKNOWN, undefined],
    ]);
    await notify({ bgpPortStates: { Ethernet4: bgp } });
    expect((await shown())[0]).toEqual([UP, undefined]);
    expect(Object.keys((await world.store.read.switchStatus.get("one"))?.ports ?? {})).toEqual([
      "Ethernet0",
      "Ethernet4",
    ]);
  });

  test("does not change the switch, so that operators and agents do not disturb each other", async () => {
    const before = await get("one");
    await notify({ portStates: { Ethernet0: UP } });
    const after = await get("one");
    expect([after.generation, after.changed]).toEqual([before.generation, before.changed]);
  });

  test.each([
    ["NotFound", { id: "x" }],
    ["InvalidArgument", { portStates: { Ethernet0: 9 } }],
    ["InvalidArgument", { portStates: { Ethernet0: UNSPECIFIED } }],
  ])("is refused with %s for %j, and nothing is kept", async (code, values) => {
    expect(await failure(notify(values))).toMatch(new RegExp(`^${code}: `));
    expect(await world.store.read.switchStatus.count({})).toBe(0);
  });
});

describe("a port", () => {
  const toggle = (nic: string, status: SwitchPortState) =>
    admin().togglePort({ id: "one", nic, status });
  const port = async () => {
    const { actual, desired } = (await get("one")).nics[0] ?? {};
    return { actual, desired };
  };
  beforeEach(() => plug(world.store, { n: 1, port: 0 }));

  test("with a machine is switched off, and shown as it is until the switch did it", async () => {
    await agent().notify({ id: "one", portStates: { Ethernet0: UP } });
    const { switch: one } = await toggle("ethernet0", DOWN);
    expect(one?.nics[0]).toMatchObject({ name: "Ethernet0", actual: UP, desired: DOWN });
    expect(one?.connections[0]?.nic).toMatchObject({ actual: UP, desired: DOWN });
    await agent().notify({ id: "one", portStates: { Ethernet0: UP } });
    expect(await port()).toEqual({ actual: UP, desired: DOWN });
    await agent().notify({ id: "one", portStates: { Ethernet0: DOWN } });
    expect(await port()).toEqual({ actual: DOWN, desired: UNSPECIFIED });
  });

  test("that is already as it should be has no wish, and loses the one it had", async () => {
    await agent().notify({ id: "one", portStates: { Ethernet0: UP } });
    await toggle("Ethernet0", UP);
    expect(await port()).toEqual({ actual: UP, desired: UNSPECIFIED });
    await toggle("Ethernet0", DOWN);
    await toggle("Ethernet0", UP);
    expect(await port()).toEqual({ actual: UP, desired: UNSPECIFIED });
  });

  test("of which nothing is known keeps the wish", async () => {
    await toggle("Ethernet0", DOWN);
    expect(await port()).toEqual({ actual: UNKNOWN, desired: DOWN });
  });

  test.each([
    ["NotFound", "Ethernet1", DOWN],
    ["FailedPrecondition", "Ethernet4", DOWN],
    ["InvalidArgument", "Ethernet0", UNKNOWN],
    ["InvalidArgument", "Ethernet0", UNSPECIFIED],
  ])("is refused with %s for %s to become %s", async (code, nic, status) => {
    expect(await failure(toggle(nic, status))).toMatch(new RegExp(`^${code}: `));
  });
});

describe("an update", () => {
  test("of the description alone leaves the mode as it is", async () => {
    await set("one", { mode: REPLACE });
    expect(await set("one", { description: "broken" })).toMatchObject({
      mode: REPLACE,
      description: "broken",
    });
  });

  test("of a whole switch as it was read changes only what can be changed", async () => {
    const one = await get("one");
    const changed = { ...one, name: "other", rackId: "x", nics: [], consoleCommand: "tip" };
    const { switch: after } = await admin().update({ switch: changed });
    expect(after).toMatchObject({ name: "one", rackId: "rack", consoleCommand: "tip" });
    expect(after?.nics).toHaveLength(4);
  });

  test("with a mask clears what it names, and no mode is operational", async () => {
    await set("one", { mode: REPLACE, description: "x", consoleCommand: "tip" });
    const after = await set("one", {}, ["mode", "console_command"]);
    expect(after).toMatchObject({ mode: OPERATIONAL, description: "x", consoleCommand: "" });
  });

  test("of anything else is refused by name", async () => {
    expect(await failure(set("one", { name: "x" }, ["name"]))).toBe(
      'InvalidArgument: update_mask: "name" is none of description, mode, console_command',
    );
  });

  test("of a switch that changed meanwhile is aborted", async () => {
    const { generation } = await get("one");
    await set("one", { description: "a" });
    const late = admin().update({ switch: { id: "one", generation, description: "b" } as never });
    expect(await failure(late)).toMatch(/^Aborted: /);
  });
});

describe("a deletion", () => {
  test("removes the switch with what it reported, and returns it", async () => {
    await agent().notify({ id: "one" });
    expect((await admin().delete({ id: "one" })).switch?.id).toBe("one");
    expect(await failure(get("one"))).toBe('NotFound: no switch "one"');
    expect(await world.store.read.switchStatus.get("one")).toBeUndefined();
  });

  test("of one with machines must be forced, and lets the machines see it no more", async () => {
    await plug(world.store, { n: 1, port: 0 });
    expect(await failure(admin().delete({ id: "one" }))).toBe(
      'FailedPrecondition: switch "one" is connected with 1 machines',
    );
    await admin().delete({ id: "one", force: true });
    expect((await neighborsOf(1))?.map(({ hostname }) => hostname)).toEqual(["two"]);
  });
});

describe("a list", () => {
  test("is filtered by all that is given", async () => {
    await register("far", { rackId: "rack-2", os: { vendor: "Cumulus", version: "5" } });
    await plug(world.store, { n: 1, port: 0, switches: ["two"] });
    const ids = async (filter: object) =>
      (await world.client(SwitchService, "view").list(filter)).switches.map(({ id }) => id);
    expect(await ids({})).toEqual(["far", "one", "two"]);
    expect(await ids({ rackId: "rack" })).toEqual(["one", "two"]);
    expect(await ids({ rackId: "rack", name: "two" })).toEqual(["two"]);
    expect(await ids({ osVendor: "Cumulus", osVersion: "5" })).toEqual(["far"]);
    expect(await ids({ machineId: machineId(1) })).toEqual(["two"]);
    expect(await ids({ partitionId: "there" })).toEqual([]);
  });
});
