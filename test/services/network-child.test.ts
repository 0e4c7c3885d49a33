// Networks that are allocated, and networks that are given back.
import { describe, expect, test } from "@jest/globals";
import { AddressFamily } from "../../gen/metal/v1/address_family_pb.ts";
import { PartitionService } from "../../gen/metal/v1/partition_pb.ts";
import { ProjectService } from "../../gen/metal/v1/project_pb.ts";
import { vrfPool } from "../../src/domain/vrf.ts";
import { failure } from "../world/failure.ts";
import { type NetworkInit, prefixesText, superOf, usingNetworks } from "../world/networks.ts";

const dc = usingNetworks();
const prefixes = ["198.18.0.0/24"];

describe("allocation", () => {
  test.each<readonly [string, Record<string, number>, AddressFamily, string]>([
    ["the default of each family", {}, AddressFamily.UNSPECIFIED, "10.64.0.0/22 2001:db8:64::/64"],
    ["a length for IPv4", { IPv4: 29 }, AddressFamily.UNSPECIFIED, "10.64.0.0/29 2001:db8:64::/64"],
    [
      "lengths in any spelling",
      { ipv4: 29, IPV6: 58 },
      AddressFamily.UNSPECIFIED,
      "10.64.0.0/29 2001:db8:64::/58",
    ],
    ["IPv4 only", {}, AddressFamily.IPV4, "10.64.0.0/22"],
    ["IPv6 only", {}, AddressFamily.IPV6, "2001:db8:64::/64"],
    ["IPv6 only, with a length", { IPv6: 60 }, AddressFamily.IPV6, "2001:db8:64::/60"],
  ])("%s", async (_, length, addressFamily, expected) => {
    const network = { projectId: "p", partitionId: "here" };
    const answer = await dc().edit.allocate({ network, length, addressFamily });
    expect(answer.network && prefixesText(answer.network)).toBe(expected);
  });

  test("a child has what it asked for, the partition of its super network and a VRF of its own", async () => {
    const asked = { name: "n", labels: { a: "b" }, nat: true, destinationPrefixes: ["0.0.0.0/0"] };
    const [one, two] = [await dc().allocate(asked), await dc().allocate()];
    expect(one).toMatchObject({ ...asked, parentNetworkId: "super", projectId: "p", vrf: 1 });
    expect(two).toMatchObject({ partitionId: "here", vrf: 2, nat: false, shared: false });
    expect(one.id).toMatch(/^[0-9a-f]{8}-/);
  });

  test.each<readonly [string, NetworkInit, Record<string, number>, string]>([
    [
      "no project",
      { projectId: "" },
      {},
      "InvalidArgument: network.project_id: a child network to allocate needs it",
    ],
    [
      "neither partition nor super network",
      { partitionId: "" },
      {},
      "InvalidArgument: network.partition_id: is needed, or network.parent_network_id",
    ],
    [
      "an id",
      { id: "x" },
      {},
      "InvalidArgument: network.id: a child network to allocate cannot have it",
    ],
    [
      "a VRF",
      { vrf: 5 },
      {},
      "InvalidArgument: network.vrf: a child network to allocate cannot have it",
    ],
    [
      "prefixes",
      { prefixes },
      {},
      "InvalidArgument: network.prefixes: a child network to allocate cannot have it",
    ],
    [
      "a destination that is none",
      { destinationPrefixes: ["x"] },
      {},
      'InvalidArgument: network.destination_prefixes: "x" is no prefix in CIDR notation',
    ],
    [
      "a project that is missing",
      { projectId: "x" },
      {},
      'FailedPrecondition: there is no project "x"',
    ],
    [
      "a partition that is missing",
      { partitionId: "x" },
      {},
      'FailedPrecondition: there is no partition "x"',
    ],
    [
      "a super network that is missing",
      { parentNetworkId: "x" },
      {},
      'FailedPrecondition: there is no network "x"',
    ],
    [
      "a super network that is none",
      { parentNetworkId: "internet" },
      {},
      'FailedPrecondition: network "internet" is no super network',
    ],
    [
      "a length as short as the prefix",
      {},
      { IPv4: 20 },
      'InvalidArgument: length: /20 is not within the IPv4 prefixes of network "super"',
    ],
    [
      "a length IPv4 does not have",
      {},
      { IPv4: 64 },
      "InvalidArgument: length: IPv4 prefixes have at most 32 bits",
    ],
  ])("%s is refused", async (_, network, length, message) => {
    expect(await failure(dc().allocate(network, length))).toBe(message);
  });

  test("a partition without super network has nothing to carve from", async () => {
    await dc()
      .world.client(PartitionService, "admin")
      .create({ partition: { id: "there" } });
    expect(await failure(dc().allocate({ partitionId: "there" }))).toBe(
      'FailedPrecondition: partition "there" has no super network',
    );
    expect(await failure(dc().allocate({ partitionId: "there", parentNetworkId: "super" }))).toBe(
      'FailedPrecondition: super network "super" is not in partition "there"',
    );
  });

  test("the family that the super network lacks is refused before anything is taken", async () => {
    await dc().create({ id: "v6", ...superOf({ IPv6: 64 }, "2001:db8:6::/48") });
    const six = { partitionId: "", parentNetworkId: "v6" };
    const refused = 'InvalidArgument: network "v6" has no IPv4 prefix';
    expect(await failure(dc().allocate(six, { IPv4: 24 }))).toBe(refused);
    const network = { projectId: "p", ...six };
    expect(await failure(dc().edit.allocate({ network, addressFamily: AddressFamily.IPV4 }))).toBe(
      refused,
    );
    expect(await dc().allocate(six)).toMatchObject({ prefixes: ["2001:db8:6::/64"], vrf: 1 });
  });

  test("a super network may set how long children must be, and for whom they are", async () => {
    const own = superOf({ IPv4: 28 }, "198.18.0.0/24");
    await dc().create({ id: "small", ...own, minChildPrefixLength: { ipv4: 26 }, projectId: "p" });
    const child = { partitionId: "", parentNetworkId: "small" };
    expect(await failure(dc().allocate(child, { IPv4: 25 }))).toBe(
      'InvalidArgument: length: IPv4 prefixes of children of "small" have at least 26 bits',
    );
    expect(await failure(dc().allocate({ ...child, projectId: "q" }))).toBe(
      'FailedPrecondition: super network "small" is for project "p" only',
    );
    expect(prefixesText(await dc().allocate(child, { IPv4: 26 }))).toBe("198.18.0.0/26");
  });

  test("the quota of networks holds, and its use is shown", async () => {
    const projects = dc().world.client(ProjectService, "admin");
    const quotas = { network: { quota: 2 } };
    await projects.update({ project: { meta: { id: "p", version: 0n }, quotas } });
    await dc().allocate();
    await dc().allocate();
    expect(await failure(dc().allocate())).toBe(
      'ResourceExhausted: networks of project "p": the quota of 2 is used up',
    );
    const { project } = await projects.get({ id: "p" });
    expect(project?.quotas?.network).toMatchObject({ quota: 2, used: 2 });
  });

  test("without a free VRF nothing is allocated", async () => {
    const { store } = dc().world;
    const all = { first: 1n, last: 16_777_214n };
    await dc().admin.delete({ id: "internet" });
    await store.transaction((tx) => tx.freeNumber.take(vrfPool, all));
    expect(await failure(dc().allocate())).toBe("ResourceExhausted: no VRF is free");
    await store.transaction((tx) => tx.freeNumber.give(vrfPool, all));
    expect((await dc().allocate()).prefixes[0]).toBe("10.64.0.0/22");
  });

  test("a full super network says so, takes nothing, and serves again when something is given back", async () => {
    const children = [];
    for (let n = 0; n < 4; n += 1) children.push(await dc().allocate());
    expect(children.map(({ prefixes: [first] }) => first)).toEqual([
      "10.64.0.0/22",
      "10.64.4.0/22",
      "10.64.8.0/22",
      "10.64.12.0/22",
    ]);
    expect(await failure(dc().allocate())).toBe(
      'ResourceExhausted: network "super" has no room for an IPv4 prefix of /22',
    );
    await dc().edit.free({ id: children[1]?.id ?? "" });
    expect(prefixesText(await dc().allocate())).toBe("10.64.4.0/22 2001:db8:64:1::/64");
  });

  test("a child takes the tightest block, the first of several, and more than one prefix is tried", async () => {
    await dc().create({ id: "s", ...superOf({ IPv4: 24 }, "192.168.0.0/20", "192.168.32.0/20") });
    const take = async (bits: number) =>
      dc().allocate({ partitionId: "", parentNetworkId: "s" }, { IPv4: bits });
    expect(prefixesText(await take(21))).toBe("192.168.0.0/21");
    const middle = await take(22);
    expect(prefixesText(middle)).toBe("192.168.8.0/22");
    await dc().edit.free({ id: middle.id });
    expect(prefixesText(await take(28))).toBe("192.168.8.0/28");
    expect(prefixesText(await take(22))).toBe("192.168.12.0/22");
    expect(prefixesText(await take(21))).toBe("192.168.32.0/21");
  });

  test("of children allocated at once each has a prefix and a VRF of its own", async () => {
    const all = await Promise.all(
      Array.from({ length: 40 }, () => dc().allocate({}, { IPv4: 27 })),
    );
    expect(new Set(all.map(prefixesText)).size).toBe(40);
    expect(new Set(all.map(({ vrf }) => vrf)).size).toBe(40);
  });
});

describe("giving back", () => {
  test("a child that was freed leaves its prefixes and its VRF to the next", async () => {
    const child = await dc().allocate();
    const { network } = await dc().edit.free({ id: child.id });
    expect(network?.prefixes).toEqual(child.prefixes);
    expect(await failure(dc().get(child.id))).toBe(`NotFound: no network "${child.id}"`);
    expect(await dc().allocate()).toMatchObject({ prefixes: child.prefixes, vrf: child.vrf });
  });

  test("a child that an admin deletes leaves as much", async () => {
    const child = await dc().allocate();
    await dc().admin.delete({ id: child.id });
    expect(await dc().allocate()).toMatchObject({ prefixes: child.prefixes, vrf: child.vrf });
  });

  test("only a child is freed", async () => {
    expect(await failure(dc().edit.free({ id: "internet" }))).toBe(
      'FailedPrecondition: network "internet" is no child network: it is deleted, not freed',
    );
    expect(await failure(dc().edit.free({ id: "x" }))).toBe('NotFound: no network "x"');
  });

  test("a network with IPs stays, and the answer names one", async () => {
    const child = await dc().allocate();
    for (const [id, address] of [
      ["internet", "203.0.113.7"],
      ["internet", "2001:db8:113::7"],
      [child.id, "2001:db8:64::1"],
    ] as const) {
      await dc().hold(id, { id: address });
      const refused = `FailedPrecondition: prefix "[^"]*" of network "${id}" is in use by 1 IP, "${address}" is one`;
      expect(await failure(dc().admin.delete({ id }))).toMatch(new RegExp(refused));
      if (id === child.id)
        expect(await failure(dc().edit.free({ id }))).toMatch(new RegExp(refused));
      await dc().ips.free({ id: address });
    }
    await dc().edit.free({ id: child.id });
    await dc().admin.delete({ id: "internet" });
  });

  test("a super network with children stays, and the answer names one", async () => {
    const child = await dc().allocate();
    expect(await failure(dc().admin.delete({ id: "super" }))).toBe(
      `FailedPrecondition: prefix "10.64.0.0/20" of network "super" is in use by 1 child network, "${child.id}" with "10.64.0.0/22" is one`,
    );
    await dc().edit.free({ id: child.id });
    await dc().admin.delete({ id: "super" });
    await dc().create({ prefixes: ["10.64.0.0/16"] });
  });

  test("a VRF that is shared is free when the last network that has it is gone", async () => {
    const shared = { vrf: 104, vrfShared: true };
    await dc().create({ id: "dmz", ...shared, prefixes: ["198.18.0.0/24"] });
    await dc().admin.delete({ id: "internet" });
    const taken = 'AlreadyExists: VRF 104 is in use by network "dmz", and is not to be shared';
    const again = { id: "again", vrf: 104, prefixes: ["198.18.1.0/24"] };
    expect(await failure(dc().create(again))).toBe(taken);
    await dc().admin.delete({ id: "dmz" });
    await dc().create(again);
  });

  test("a VRF that somebody chose is passed over by those that take the next", async () => {
    await dc().create({ vrf: 1, prefixes: ["198.18.0.0/24"] });
    expect((await dc().allocate()).vrf).toBe(2);
  });

  test("project and partition stay while networks are theirs", async () => {
    const { id } = await dc().allocate();
    const projects = dc().world.client(ProjectService, "admin");
    const partitions = dc().world.client(PartitionService, "admin");
    expect(await failure(projects.delete({ id: "p" }))).toBe(
      'FailedPrecondition: project "p" is in use by 1 network',
    );
    expect(await failure(partitions.delete({ id: "here" }))).toBe(
      'FailedPrecondition: partition "here" is in use by 3 networks',
    );
    await dc().edit.free({ id });
    await projects.delete({ id: "p" });
  });
});
