// How a new switch takes over from a broken one, or from one that is to go.
import { describe, expect, test } from "@jest/globals";
import { Code } from "@connectrpc/connect";
import type { Switch } from "../../src/domain/switch-facts.ts";
import {
  findTwin,
  migrateSwitch,
  moveNeighbors,
  replaceSwitch,
} from "../../src/domain/switch-replace.ts";
import { leaf, neighbor, plugged, port } from "./switch-world.ts";

const ports = "Ethernet0 Ethernet1 Ethernet4";
const connections = plugged("m1:Ethernet0 m2:Ethernet4");
const vrfs = [port("Ethernet0", "vrf7"), port("Ethernet1"), port("Ethernet4", "default")];
const broken = leaf("leaf1", ports, { mode: "replace", connections });
const twin = leaf("leaf2", ports, { connections, nics: vrfs });

const failing = (code: Code, rawMessage: string) => expect.objectContaining({ code, rawMessage });

describe("the twin of a switch is", () => {
  test("the other one of its rack, idle ones aside", () => {
    const elsewhere = leaf("leaf4", ports, { connections, rackId: "rack-2" });
    const abroad = leaf("leaf5", ports, { connections, partitionId: "west" });
    const switches = [broken, leaf("leaf3", ports), elsewhere, abroad, twin];
    expect(findTwin(broken, switches)).toBe(twin);
  });

  test.each<[string, Switch[], number]>([
    ["there are no others", [broken], 0],
    ["the other one has no machines", [broken, leaf("leaf2", ports)], 0],
    ["the other one is replaced as well", [broken, { ...twin, mode: "replace" }], 0],
    ["several have machines", [broken, twin, { ...twin, id: "leaf3" }], 2],
  ])("none if %s", (_, switches, count) => {
    expect(() => findTwin(broken, switches)).toThrow(
      failing(
        Code.FailedPrecondition,
        `to replace switch "leaf1", rack "rack-1" must have one other switch with machines, it has ${count}`,
      ),
    );
  });
});

/** What a takeover comes to: "Ethernet0=vrf7 …", "m1:Ethernet0 …" and "m1 leaf1:Ethernet0>leaf1:swp1 …". */
const summary = ({ nics, connections: plugs, moves }: ReturnType<typeof replaceSwitch>) => ({
  nics: nics.map(({ name, vrf }) => `${name}=${vrf}`).join(" "),
  connections: plugs.map(({ nic, machineId }) => `${machineId}:${nic.name}`).join(" "),
  moves: moves.map(
    ({ machineId, from, to }) =>
      `${machineId} ${from.hostname}:${from.name}>${to.hostname}:${to.name}`,
  ),
});

describe("a new switch replaces a broken one", () => {
  test.each([
    [
      "of its kind",
      leaf("leaf1", ports),
      {
        nics: "Ethernet0=vrf7 Ethernet1= Ethernet4=default",
        connections: "m1:Ethernet0 m2:Ethernet4",
        moves: ["m1 leaf1:Ethernet0>leaf1:Ethernet0", "m2 leaf1:Ethernet4>leaf1:Ethernet4"],
      },
    ],
    [
      "with more ports",
      leaf("leaf1", `Ethernet8 ${ports}`),
      {
        nics: "Ethernet8= Ethernet0=vrf7 Ethernet1= Ethernet4=default",
        connections: "m1:Ethernet0 m2:Ethernet4",
        moves: ["m1 leaf1:Ethernet0>leaf1:Ethernet0", "m2 leaf1:Ethernet4>leaf1:Ethernet4"],
      },
    ],
    [
      "of another vendor",
      leaf("leaf1", "swp1s0 swp1s1 swp2"),
      {
        nics: "swp1s0=vrf7 swp1s1= swp2=default",
        connections: "m1:swp1s0 m2:swp2",
        moves: ["m1 leaf1:Ethernet0>leaf1:swp1s0", "m2 leaf1:Ethernet4>leaf1:swp2"],
      },
    ],
  ])("%s", (_, registered, expected) => {
    expect(summary(replaceSwitch(broken, registered, twin))).toEqual(expected);
  });

  test("that was of another vendor than its twin", () => {
    const old = leaf("leaf1", "swp1s0 swp1s1 swp2", { mode: "replace" });
    expect(summary(replaceSwitch(old, leaf("leaf1", ports), twin)).moves).toEqual([
      "m1 leaf1:swp1s0>leaf1:Ethernet0",
      "m2 leaf1:swp2>leaf1:Ethernet4",
    ]);
  });

  test("and only what was seen at a port of the broken one is seen at the new one", () => {
    const smaller = leaf("leaf1", "Ethernet4", { mode: "replace" });
    const takeover = summary(replaceSwitch(smaller, leaf("leaf1", ports), twin));
    expect(takeover.connections).toBe("m1:Ethernet0 m2:Ethernet4");
    expect(takeover.moves).toEqual(["m2 leaf1:Ethernet4>leaf1:Ethernet4"]);
  });

  test("with its own identifiers, at which the machines are from then on", () => {
    const nics = ports.split(" ").map((name) => ({ ...port(name), identifier: `new ${name}` }));
    const takeover = replaceSwitch(broken, leaf("leaf1", ports, { nics }), twin);
    expect(takeover.connections[0]?.nic).toEqual({ ...nics[0], vrf: "vrf7" });
    expect(takeover.nics).toContain(takeover.connections[0]?.nic);
  });

  test.each<[string, Switch, string]>([
    [
      "in another rack",
      leaf("leaf1", ports, { rackId: "rack-2" }),
      'switch "leaf1" can only be replaced in "rack-1", not in "rack-2"',
    ],
    [
      "in another partition",
      leaf("leaf1", ports, { partitionId: "west" }),
      'switch "leaf1" can only be replaced in "east", not in "west"',
    ],
    [
      "without ports of its twin",
      leaf("leaf1", "Ethernet0 Ethernet8"),
      'switch "leaf1" has no ports Ethernet1, Ethernet4 as switch "leaf2" has; check how its ports are broken out',
    ],
    [
      "whose ports are broken out differently",
      leaf("leaf1", "swp1 swp2"),
      'switch "leaf1" has no ports Ethernet1 as switch "leaf2" has; check how its ports are broken out',
    ],
  ])("but not %s", (_, registered, message) => {
    expect(() => replaceSwitch(broken, registered, twin)).toThrow(
      failing(Code.FailedPrecondition, message),
    );
  });
});

describe("machines migrate to another switch", () => {
  test("with their VRFs, and see its ports", () => {
    const target = leaf("leaf9", "swp1s0 swp1s1 swp2", { mode: "replace" });
    expect(summary(migrateSwitch(twin, target))).toEqual({
      nics: "swp1s0=vrf7 swp1s1= swp2=default",
      connections: "m1:swp1s0 m2:swp2",
      moves: ["m1 leaf2:Ethernet0>leaf9:swp1s0", "m2 leaf2:Ethernet4>leaf9:swp2"],
    });
  });

  test("and back", () => {
    const target = leaf("leaf9", ports);
    const there = migrateSwitch(twin, target);
    const back = migrateSwitch({ ...target, ...there }, { ...twin, connections: [] });
    expect(back.nics).toEqual(twin.nics);
    expect(summary(back).connections).toBe(summary(there).connections);
  });

  test.each<[string, Switch, Code, string]>([
    ["that it is", twin, Code.InvalidArgument, 'new_switch_id: is "leaf2", the old one'],
    [
      "in another rack",
      leaf("leaf9", ports, { rackId: "rack-2" }),
      Code.FailedPrecondition,
      'switch "leaf9" is not in the rack of switch "leaf2"',
    ],
    [
      "in another partition",
      leaf("leaf9", ports, { partitionId: "west" }),
      Code.FailedPrecondition,
      'switch "leaf9" is not in the rack of switch "leaf2"',
    ],
    [
      "that has machines",
      leaf("leaf9", ports, { connections: plugged("m3:Ethernet1") }),
      Code.FailedPrecondition,
      'switch "leaf9" has machines already',
    ],
    [
      "without its ports",
      leaf("leaf9", "Ethernet0"),
      Code.FailedPrecondition,
      'switch "leaf9" has no ports Ethernet1, Ethernet4 as switch "leaf2" has; check how its ports are broken out',
    ],
  ])("but not to one %s", (_, target, code, message) => {
    expect(() => migrateSwitch(twin, target)).toThrow(failing(code, message));
  });
});

describe("a machine that is moved", () => {
  const nics = [
    { name: "eth0", neighbors: [neighbor("leaf1:Ethernet0"), neighbor("other:Ethernet0")] },
    { name: "eth1", neighbors: [neighbor("leaf2:Ethernet0")] },
  ];
  const from = { ...port("Ethernet0"), hostname: "leaf1" };
  const to = { ...port("swp1"), hostname: "leaf9" };

  test("sees the new port instead of the old one, and all others as before", () => {
    const seen = { ...to, mac: "id of swp1" };
    expect(moveNeighbors(nics, [{ from, to }])).toEqual([
      {
        name: "eth0",
        neighbors: [{ ...neighbor("leaf1:Ethernet0"), ...seen }, neighbor("other:Ethernet0")],
      },
      nics[1],
    ]);
  });

  test("sees the MAC address if the new switch tells it", () => {
    const [first] = moveNeighbors(nics, [{ from, to: { ...to, mac: "02:00:00:00:00:01" } }]);
    expect(first?.neighbors[0]?.mac).toBe("02:00:00:00:00:01");
  });

  test("keeps the name of the host if the switches have none", () => {
    const nameless = { from: { ...from, hostname: "" }, to: { ...to, hostname: "" } };
    const [first] = moveNeighbors(nics, [nameless]);
    expect(first?.neighbors.map(({ hostname, name }) => `${hostname}:${name}`)).toEqual([
      "leaf1:swp1",
      "other:swp1",
    ]);
  });

  test("sees what it saw if nothing concerns it", () => {
    expect(moveNeighbors(nics, [])).toEqual(nics);
  });
});
