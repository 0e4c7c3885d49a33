// What ports of switches accept from machines and firewalls.
import { describe, expect, test } from "@jest/globals";
import type { IpFacts } from "../../src/domain/network-request.ts";
import {
  bgpFilter,
  type FilteredMachine,
  type FilterNetwork,
  type FilterWorld,
  switchFilters,
} from "../../src/domain/switch-bgp-filter.ts";
import { leaf, plugged, port } from "./switch-world.ts";

const network = (given: Partial<FilterNetwork>): FilterNetwork => ({
  kind: "child",
  prefixes: [],
  parentId: "",
  additionalAnnouncableCidrs: [],
  ...given,
});
const ip = (networkId: string, ...machineIds: string[]): IpFacts => ({
  networkId,
  projectId: "p",
  machineIds,
});

const world: FilterWorld = {
  networks: new Map([
    [
      "super",
      network({
        kind: "super",
        prefixes: ["10.0.0.0/14"],
        additionalAnnouncableCidrs: ["10.240.0.0/12"],
      }),
    ],
    ["private", network({ prefixes: ["10.1.0.0/22", "10.2.0.0/22"], parentId: "super" })],
    ["storage", network({ kind: "child-shared", prefixes: ["10.3.0.0/22"], parentId: "super" })],
    ["internet", network({ kind: "external", prefixes: ["192.0.2.0/24", "2001:db8::/32"] })],
    ["underlay", network({ kind: "underlay", prefixes: ["10.9.0.0/16"] })],
  ]),
  ips: new Map([
    [
      "p",
      new Map([
        ["10.1.0.1", ip("private", "m1")],
        ["10.2.0.1", ip("private")],
        ["10.3.0.7", ip("storage")],
        ["10.9.0.1", ip("underlay")],
        ["192.0.2.1", ip("internet")],
        ["192.0.2.4", ip("internet", "m1", "m2")],
        ["192.0.2.5", ip("internet", "m1")],
        ["192.0.2.8", ip("internet", "m2")],
        ["192.0.2.9", ip("internet", "fw")],
        ["2001:db8::1", ip("internet")],
      ]),
    ],
    ["q", new Map([["192.0.2.77", ip("internet")]])],
  ]),
};

type Member = FilteredMachine["networks"][number];
const member = (networkId: string, type: Member["type"], given: Partial<Member> = {}): Member => ({
  networkId,
  type,
  vrf: 0,
  prefixes: [],
  ips: [],
  ...given,
});

const machine: FilteredMachine = {
  id: "m1",
  role: "machine",
  projectId: "p",
  networks: [
    member("private", "privateprimaryunshared", {
      vrf: 7,
      prefixes: ["10.1.0.0/22"],
      ips: ["10.1.0.1"],
    }),
    member("internet", "external", { vrf: 4, ips: ["192.0.2.250"] }),
  ],
};
const firewall: FilteredMachine = {
  id: "fw",
  role: "firewall",
  projectId: "p",
  networks: [
    member("private", "privateprimaryunshared", { vrf: 30, ips: ["10.1.0.2"] }),
    member("storage", "privatesecondaryshared", { vrf: 7 }),
    member("internet", "external", { vrf: 104, ips: ["192.0.2.9"] }),
    member("dmz", "external", { vrf: 104 }),
    member("plain", "external", { vrf: 0 }),
    member("underlay", "underlay", { vrf: 5, ips: ["10.9.0.3", "10.9.0.2"] }),
  ],
};

describe("of a machine are accepted", () => {
  test("its private network as it is now, what the super network adds, and addresses it may have", () => {
    expect(bgpFilter(machine, "vrf7", world)).toEqual({
      vnis: [],
      cidrs: [
        "10.1.0.0/22",
        "10.2.0.0/22",
        "10.240.0.0/12",
        "10.3.0.7/32",
        "192.0.2.1/32",
        "192.0.2.4/31",
        "2001:db8::1/128",
      ],
    });
  });

  test("no addresses of other machines, of firewalls, of the underlay, of other projects, or that nobody holds", () => {
    const text = bgpFilter(machine, "vrf7", world).cidrs.join(" ");
    for (const foreign of ["192.0.2.8", "192.0.2.9", "10.9.", "192.0.2.77", "192.0.2.250"])
      expect(text).not.toContain(foreign);
  });

  test("no VRFs, whatever that of its port is", () => {
    expect(bgpFilter(machine, "", world)).toEqual(bgpFilter(machine, "default", world));
  });

  test("the networks of a project without addresses alone", () => {
    const { cidrs } = bgpFilter({ ...machine, projectId: "none" }, "vrf7", world);
    expect(cidrs).toEqual(["10.1.0.0/22", "10.2.0.0/22", "10.240.0.0/12"]);
  });

  test.each<[string, string[], string[]]>([
    ["what was known at its allocation if its network is missing", ["private"], ["10.1.0.0/22"]],
    [
      "all but what the super network adds if that is missing",
      ["super"],
      ["10.1.0.0/22", "10.2.0.0/22"],
    ],
  ])("%s", (_, missing, expected) => {
    const networks = new Map(Array.from(world.networks).filter(([id]) => !missing.includes(id)));
    const { cidrs } = bgpFilter(machine, "vrf7", { networks, ips: new Map() });
    expect(cidrs).toEqual(expected);
  });

  test("prefixes as few as possible", () => {
    const ips = new Map(
      [
        "192.0.2.12",
        "192.0.2.14",
        "192.0.2.15",
        "192.0.2.16",
        "192.0.2.17",
        "2001:db8::2",
        "2001:db8::3",
      ].map((address) => [address, ip("internet")] as const),
    );
    const { cidrs } = bgpFilter({ ...machine, networks: [] }, "", {
      ...world,
      ips: new Map([["p", ips]]),
    });
    expect(cidrs).toEqual(["192.0.2.12/32", "192.0.2.14/31", "192.0.2.16/31", "2001:db8::2/127"]);
  });
});

describe("of a firewall are accepted", () => {
  test("all VRFs that it connects, sorted as text, and its addresses in the underlay one by one", () => {
    expect(bgpFilter(firewall, "default", world)).toEqual({
      vnis: ["104", "30", "7"],
      cidrs: ["10.9.0.2/32", "10.9.0.3/32"],
    });
  });

  test("no addresses without an underlay", () => {
    const networks = firewall.networks.filter(({ type }) => type !== "underlay");
    expect(bgpFilter({ ...firewall, networks }, "default", world).cidrs).toEqual([]);
  });

  test.each(["", "vrf7", "Default"])('nothing at a port with the VRF "%s"', (vrf) => {
    expect(bgpFilter(firewall, vrf, world)).toEqual({ vnis: [], cidrs: [] });
  });

  test("nothing without networks", () => {
    expect(bgpFilter({ ...firewall, networks: [] }, "default", world)).toEqual({
      vnis: [],
      cidrs: [],
    });
  });
});

describe("a switch", () => {
  const machines = new Map([machine, firewall].map((one) => [one.id, one]));
  const nics = [port("a", "vrf7"), port("b", "vrf7"), port("c", "default"), port("d"), port("e")];

  test("has a filter at each port with a machine in use, whatever the machine has several of", () => {
    const connections = plugged("m1:a m1:b fw:c free:d gone:x");
    const filters = switchFilters(leaf("leaf1", "a", { nics, connections }), machines, world);
    expect([...filters.keys()]).toEqual(["a", "b", "c"]);
    expect(filters.get("a")).toEqual(filters.get("b"));
    expect(filters.get("c")?.vnis).toEqual(["104", "30", "7"]);
  });

  test("takes the VRF of the port as it is, not as it was when the machine was plugged in", () => {
    const connections = plugged("fw:c");
    expect(connections[0]?.nic.vrf).toBe("");
    const filters = switchFilters(leaf("leaf1", "c", { nics, connections }), machines, world);
    expect(filters.get("c")?.cidrs.length).toBe(2);
  });
});
