// Where machines turn out to be, and how they can be plugged wrong.
import { describe, expect, test } from "@jest/globals";
import { Code } from "@connectrpc/connect";
import { connectMachine } from "../../src/domain/switch-connect.ts";
import type { Switch } from "../../src/domain/switch-facts.ts";
import { leaf, neighbor, plugged, port } from "./switch-world.ts";

const ports = "Ethernet0 Ethernet1 Ethernet4";
const one = leaf("leaf1", ports);
const two = leaf("leaf2", ports);

/** A machine whose interfaces see these ports: one or, separated by a comma, several each. */
const machine = (...seen: readonly string[]) => ({
  id: "m1",
  nics: [...seen.map((text) => ({ neighbors: text.split(",").map(neighbor) })), { neighbors: [] }],
});

/** "leaf1: Ethernet0; leaf2: Ethernet0" */
const found = (registrant: ReturnType<typeof machine>, switches: readonly Switch[]) =>
  connectMachine(registrant, switches)
    .both.map(
      ({ switch: { id }, connections }) =>
        `${id}: ${connections.map(({ nic }) => nic.name).join(" ")}`,
    )
    .join("; ");

describe("a machine is found", () => {
  test("at the same port of two switches, in their rack", () => {
    const location = connectMachine(machine("leaf1:Ethernet0", "leaf2:Ethernet0"), [two, one]);
    expect(location).toEqual({
      rackId: "rack-1",
      partitionId: "east",
      both: [
        { switch: one, connections: [{ nic: port("Ethernet0"), machineId: "m1" }] },
        { switch: two, connections: [{ nic: port("Ethernet0"), machineId: "m1" }] },
      ],
    });
  });

  test.each<[string, string[], Switch[], string]>([
    [
      "among others",
      ["leaf1:Ethernet4", "leaf2:Ethernet4"],
      [one, leaf("leaf3", ports), two],
      "leaf1: Ethernet4; leaf2: Ethernet4",
    ],
    [
      "with two cables to each",
      ["leaf1:Ethernet0", "leaf1:Ethernet1", "leaf2:Ethernet1", "leaf2:Ethernet0"],
      [one, two],
      "leaf1: Ethernet0 Ethernet1; leaf2: Ethernet0 Ethernet1",
    ],
    [
      "with cables that are seen twice",
      ["leaf1:Ethernet0,leaf2:Ethernet0", "leaf2:Ethernet0"],
      [one, two],
      "leaf1: Ethernet0; leaf2: Ethernet0",
    ],
    [
      "at switches of two vendors",
      ["leaf1:Ethernet4", "leafC:swp2"],
      [one, leaf("leafC", "swp1s0 swp1s1 swp2")],
      "leaf1: Ethernet4; leafC: swp2",
    ],
    [
      "at broken out ports of two vendors",
      ["leaf1:Ethernet1", "leafC:swp1s1"],
      [one, leaf("leafC", "swp1s0 swp1s1 swp2")],
      "leaf1: Ethernet1; leafC: swp1s1",
    ],
    [
      "at switches of one vendor, whatever ports are called",
      ["leaf1:a", "leaf2:a"],
      [leaf("leaf1", "a b"), leaf("leaf2", "a b")],
      "leaf1: a; leaf2: a",
    ],
    [
      "again",
      ["leaf1:Ethernet0", "leaf2:Ethernet0"],
      [leaf("leaf1", ports, { connections: plugged("m1:Ethernet0 m2:Ethernet4") }), two],
      "leaf1: Ethernet0; leaf2: Ethernet0",
    ],
    [
      "at another port than before",
      ["leaf1:Ethernet4", "leaf2:Ethernet4"],
      [leaf("leaf1", ports, { connections: plugged("m1:Ethernet0") }), two],
      "leaf1: Ethernet4; leaf2: Ethernet4",
    ],
  ])("%s", (_, seen, switches, expected) => {
    expect(found(machine(...seen), switches)).toBe(expected);
  });

  test("at a switch without a name by the port alone", () => {
    const nameless = leaf("leaf1", "Ethernet0", { name: "" });
    const registrant = machine("other:Ethernet0", "leaf2:Ethernet0");
    expect(found(registrant, [nameless, two])).toBe("leaf1: Ethernet0; leaf2: Ethernet0");
  });

  test("by MAC addresses, in whatever case, where ports have no identifier", () => {
    const bare = (mac: string) => ({ ...port("swp1"), identifier: "", mac });
    const switches = ["a", "b"].map((id) => leaf(id, "swp1", { nics: [bare(`AA:0${id}`)] }));
    const nics = ["a", "b"].map((id) => ({
      neighbors: [{ ...bare(`aa:0${id.toUpperCase()}`), hostname: id }],
    }));
    expect(connectMachine({ id: "m1", nics }, switches).both.length).toBe(2);
  });

  test("never by an identifier that is empty on both sides", () => {
    const empty = { ...port("swp1"), identifier: "", mac: "" };
    const switches = ["a", "b"].map((id) => leaf(id, "swp1", { nics: [empty] }));
    const nics = [{ neighbors: ["a", "b"].map((hostname) => ({ ...empty, hostname })) }];
    expect(() => connectMachine({ id: "m1", nics }, switches)).toThrow("it is in none");
  });
});

describe("a machine is refused", () => {
  const both = ["leaf1:Ethernet0", "leaf2:Ethernet0"];
  const unplugged = 'machine "m1" must be plugged into two switches, it is in';

  test.each<[string, string[], Switch[], string]>([
    ["that is plugged into nothing", [], [one, two], `${unplugged} none`],
    ["that is plugged into one switch", ["leaf1:Ethernet0"], [one, two], `${unplugged} 1: "leaf1"`],
    [
      "that sees a switch of another name",
      ["leaf1:Ethernet0", "leaf9:Ethernet0"],
      [one, two],
      `${unplugged} 1: "leaf1"`,
    ],
    [
      "that sees a port that its switch does not have",
      ["leaf1:Ethernet0", "leaf2:Ethernet8"],
      [one, two],
      `${unplugged} 1: "leaf1"`,
    ],
    [
      "that is plugged into three switches",
      [...both, "leaf3:Ethernet0"],
      [one, two, leaf("leaf3", ports)],
      `${unplugged} 3: "leaf1", "leaf2", "leaf3"`,
    ],
    [
      "that was moved",
      both,
      [one, two, leaf("leaf3", ports, { connections: plugged("m1:Ethernet0") })],
      'machine "m1" is not plugged into "leaf3" any more; delete it to register it elsewhere',
    ],
    [
      "that is between racks",
      both,
      [one, leaf("leaf2", ports, { rackId: "rack-2" })],
      'machine "m1": switch "leaf1" is in rack "rack-1", "leaf2" in "rack-2"',
    ],
    [
      "with more cables to one switch than to the other",
      [...both, "leaf1:Ethernet1"],
      [one, two],
      'machine "m1": ports Ethernet0, Ethernet1 of switch "leaf1" and ports Ethernet0 of switch "leaf2": must be as many on both',
    ],
    [
      "at different ports",
      ["leaf1:Ethernet0", "leaf2:Ethernet4"],
      [one, two],
      'machine "m1": ports Ethernet0 of switch "leaf1" and ports Ethernet4 of switch "leaf2": must be the same',
    ],
    [
      "at different ports of two vendors",
      ["leaf1:Ethernet4", "leafC:swp1"],
      [one, leaf("leafC", "swp1 swp2")],
      'machine "m1": ports Ethernet4 of switch "leaf1" and ports swp1 of switch "leafC": must be the same',
    ],
    [
      "at a port of another one",
      both,
      [one, leaf("leaf2", ports, { connections: plugged("m2:Ethernet0") })],
      'machine "m1": port Ethernet0 of switch "leaf2" is that of machine "m2"',
    ],
    [
      "at a port of another one, on either switch",
      both,
      [leaf("leaf1", ports, { connections: plugged("m1:Ethernet0 m2:Ethernet0") }), two],
      'machine "m1": port Ethernet0 of switch "leaf1" is that of machine "m2"',
    ],
    [
      "at ports that cannot be compared",
      ["leaf1:front", "leafC:swp1"],
      [leaf("leaf1", "front"), leaf("leafC", "swp1")],
      '"front": not the name of a port of SONiC',
    ],
  ])("%s", (_, seen, switches, message) => {
    const run = () => connectMachine(machine(...seen), switches);
    expect(run).toThrow(expect.objectContaining({ rawMessage: message }));
    expect(run).toThrow(expect.objectContaining({ code: Code.FailedPrecondition }));
  });
});
