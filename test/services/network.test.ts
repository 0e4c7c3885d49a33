// Networks that are created, and lists of all.
import type { MessageInitShape } from "@bufbuild/protobuf";
import { describe, expect, test } from "@jest/globals";
import { AddressFamily } from "../../gen/metal/v1/address_family_pb.ts";
import {
  NatType,
  type NetworkServiceListRequestSchema,
  NetworkType,
} from "../../gen/metal/v1/network_pb.ts";
import { PartitionService } from "../../gen/metal/v1/partition_pb.ts";
import { failure } from "../world/failure.ts";
import { type NetworkInit, superOf, usingNetworks } from "../world/networks.ts";

const dc = usingNetworks();
const prefixes = ["198.18.0.0/24"];
type ListFilter = MessageInitShape<typeof NetworkServiceListRequestSchema>;

describe("creation", () => {
  test.each<readonly [string, NetworkInit, string]>([
    ["no prefix", {}, "network.prefixes: an external network needs it"],
    [
      "two colons too many",
      { prefixes: ["fdaa:::/50"] },
      'network.prefixes: "fdaa:::/50" is no prefix in CIDR notation',
    ],
    [
      "a number beyond 255",
      { prefixes: ["192.168.256.0/24"] },
      'network.prefixes: "192.168.256.0/24" is no prefix in CIDR notation',
    ],
    [
      "33 bits of IPv4",
      { prefixes, destinationPrefixes: ["0.0.0.0/33"] },
      'network.destination_prefixes: "0.0.0.0/33" is no prefix in CIDR notation',
    ],
    [
      "bits beyond the length",
      { prefixes: ["198.18.5.0/16"] },
      'network.prefixes: "198.18.5.0/16" has bits set beyond its length, write "198.18.0.0/16"',
    ],
    [
      "prefixes that overlap each other",
      { prefixes: ["198.18.0.0/16", "198.18.7.0/24"] },
      'network.prefixes: "198.18.0.0/16" and "198.18.7.0/24" overlap',
    ],
    [
      "a destination of another family",
      { prefixes, destinationPrefixes: ["::/0"] },
      'network.destination_prefixes: "::/0" is of a family that no prefix has',
    ],
    [
      "a super network without lengths",
      { privateSuper: true, prefixes },
      "network.default_child_prefix_length: a super network needs it",
    ],
    [
      "children as long as the prefix",
      superOf({ IPv4: 24 }, "198.18.0.0/24"),
      'network.default_child_prefix_length: 24 is not longer than "198.18.0.0/24"',
    ],
    [
      "children shorter than one of the prefixes",
      superOf({ IPv4: 22 }, "198.18.0.0/16", "198.19.0.0/24"),
      'network.default_child_prefix_length: 22 is not longer than "198.19.0.0/24"',
    ],
    [
      "children of IPv6 as long as the prefix",
      superOf({ IPv6: 50 }, "2001:db8:4000::/50"),
      'network.default_child_prefix_length: 50 is not longer than "2001:db8:4000::/50"',
    ],
    [
      "lengths of another family only",
      superOf({ IPv6: 64 }, "198.18.0.0/24"),
      'network.default_child_prefix_length: has no IPv4, but "198.18.0.0/24" is IPv4',
    ],
    [
      "a length that IPv4 does not have",
      superOf({ IPv4: 64 }, "198.18.0.0/24"),
      "network.default_child_prefix_length: IPv4 prefixes have at most 32 bits",
    ],
    [
      "one family twice",
      superOf({ IPv4: 26, ipv4: 27 }, "198.18.0.0/24"),
      "network.default_child_prefix_length: has IPv4 twice",
    ],
    [
      "a default below the minimum",
      { ...superOf({ IPv4: 26 }, "198.18.0.0/24"), minChildPrefixLength: { IPv4: 28 } },
      "network.default_child_prefix_length: 26 is below the minimum of 28 for IPv4",
    ],
    [
      "lengths outside of a super network",
      { prefixes, defaultChildPrefixLength: { IPv4: 26 } },
      "network.default_child_prefix_length: an external network cannot have it",
    ],
    [
      "announcements outside of a super network",
      { prefixes, additionalAnnouncableCidrs: ["10.240.0.0/12"] },
      "network.additional_announcable_cidrs: an external network cannot have it",
    ],
    [
      "announcements that are none",
      {
        ...superOf({ IPv4: 26 }, "198.18.0.0/24"),
        additionalAnnouncableCidrs: ["10.240.0.0"],
      },
      'network.additional_announcable_cidrs: "10.240.0.0" is no prefix in CIDR notation',
    ],
    [
      "NAT of a super network",
      { ...superOf({ IPv4: 26 }, "198.18.0.0/24"), nat: true },
      "network.nat: a super network cannot have it",
    ],
    [
      "NAT of an underlay",
      { underlay: true, partitionId: "here", prefixes, nat: true },
      "network.nat: an underlay cannot have it",
    ],
    [
      "super network and underlay at once",
      { ...superOf({ IPv4: 26 }, "198.18.0.0/24"), underlay: true },
      "network.underlay: a super network cannot have it",
    ],
    [
      "an underlay of no partition",
      { underlay: true, prefixes },
      "network.partition_id: an underlay needs it",
    ],
    [
      "something shared that is no child",
      { prefixes, shared: true },
      "network.shared: an external network cannot have it",
    ],
    [
      "a child",
      { prefixes, parentNetworkId: "super" },
      "network.parent_network_id: a child network is allocated, not created",
    ],
    [
      "a type that the fields contradict",
      { prefixes, networkType: NetworkType.SUPER },
      "network.network_type: contradicts the other fields; leave it out",
    ],
    [
      "NAT that the fields contradict",
      { prefixes, natType: NatType.IPV4_MASQ },
      "network.nat_type: contradicts network.nat; leave it out",
    ],
  ])("%s is refused", async (_, network, message) => {
    expect(await failure(dc().create(network))).toBe(`InvalidArgument: ${message}`);
  });

  test.each<readonly [string, NetworkInit, string]>([
    [
      "a family that nobody knows",
      superOf({ ipv5: 26 }, "198.18.0.0/24"),
      "default_child_prefix_length",
    ],
    ["a VRF beyond 24 bits", { prefixes, vrf: 16_777_215 }, "vrf"],
    ["an id with a slash", { prefixes, id: "a/b" }, "id"],
  ])("%s is refused by the proto", async (_, network, field) => {
    const refused = await failure(dc().create(network));
    expect(refused).toMatch(/^InvalidArgument: /);
    expect(refused).toContain(`network.${field}`);
  });

  test.each<readonly [string, NetworkInit, string]>([
    ["a project", { prefixes, projectId: "x" }, 'FailedPrecondition: there is no project "x"'],
    [
      "a partition",
      { prefixes, partitionId: "x" },
      'FailedPrecondition: there is no partition "x"',
    ],
    ["an id", { prefixes, id: "super" }, 'AlreadyExists: network "super" exists'],
    [
      "a VRF",
      { prefixes, vrf: 104 },
      'AlreadyExists: VRF 104 is in use by network "internet", and is not to be shared',
    ],
    [
      "the super network of a partition",
      { ...superOf({ IPv4: 26 }, "198.18.0.0/24"), partitionId: "here" },
      'AlreadyExists: partition "here" has a super network already, "super"',
    ],
    [
      "the underlay of a partition",
      { underlay: true, partitionId: "here", prefixes },
      'AlreadyExists: partition "here" has an underlay already, "underlay"',
    ],
    [
      "the same prefix",
      { prefixes: ["203.0.113.0/24"] },
      'AlreadyExists: prefix "203.0.113.0/24" overlaps "203.0.113.0/24" of network "internet"',
    ],
    [
      "a part of a prefix",
      { prefixes: [...prefixes, "10.65.0.128/25"] },
      'AlreadyExists: prefix "10.65.0.128/25" overlaps "10.65.0.0/24" of network "underlay"',
    ],
    [
      "more than a prefix",
      { prefixes: ["2001:db8::/32"] },
      'AlreadyExists: prefix "2001:db8::/32" overlaps "2001:db8:113::/64" of network "internet"',
    ],
  ])("what is missing or taken is refused: %s", async (_, network, message) => {
    expect(await failure(dc().create(network))).toBe(message);
  });

  test("a network is what its fields make it", async () => {
    const { networks } = await dc().admin.list({});
    const child = await dc().allocate();
    const shared = await dc().allocate({ shared: true });
    const kinds = [...networks, child, shared].map(({ networkType, natType }) => [
      networkType,
      natType,
    ]);
    expect(kinds).toEqual([
      [NetworkType.EXTERNAL, NatType.IPV4_MASQ],
      [NetworkType.SUPER, NatType.NONE],
      [NetworkType.UNDERLAY, NatType.NONE],
      [NetworkType.CHILD, NatType.NONE],
      [NetworkType.CHILD_SHARED, NatType.NONE],
    ]);
  });

  test("prefixes are kept in their canonical form, each once", async () => {
    const { prefixes: kept } = await dc().create({
      prefixes: ["2001:DB8:0007:0::/64", "198.18.0.0/24", "2001:db8:7::/64"],
    });
    expect(kept).toEqual(["2001:db8:7::/64", "198.18.0.0/24"]);
  });

  test("a mixed network may reach destinations of one family only", async () => {
    const mixed = { prefixes: ["198.18.0.0/24", "2001:db8:7::/64"] };
    const created = await dc().create({ ...mixed, destinationPrefixes: ["0.0.0.0/0"] });
    expect(created.destinationPrefixes).toEqual(["0.0.0.0/0"]);
  });

  test("super networks of no partition may be several", async () => {
    await dc().create({ id: "a", ...superOf({ IPv4: 26 }, "198.18.0.0/24") });
    await dc().create({ id: "b", ...superOf({ IPv4: 26 }, "198.18.1.0/24") });
    const child = await dc().allocate({ partitionId: "", parentNetworkId: "b" });
    expect(child).toMatchObject({ parentNetworkId: "b", prefixes: ["198.18.1.0/26"] });
  });

  test("of overlapping networks created at once one is there in the end", async () => {
    const creations = Array.from({ length: 8 }, (_, n) =>
      failure(dc().create({ id: `n${n}`, vrf: 7, prefixes: [`198.18.0.0/${16 + n}`] })),
    );
    const outcomes = await Promise.all(creations);
    expect(outcomes.filter((text) => text === "no failure")).toHaveLength(1);
    expect(outcomes.filter((text) => text.startsWith("AlreadyExists: "))).toHaveLength(7);
  });

  test("of super networks created at once for a partition one is there in the end", async () => {
    await dc()
      .world.client(PartitionService, "admin")
      .create({ partition: { id: "there" } });
    const creations = Array.from({ length: 5 }, (_, n) =>
      failure(dc().create({ ...superOf({ IPv4: 26 }, `198.18.${n}.0/24`), partitionId: "there" })),
    );
    const outcomes = await Promise.all(creations);
    expect(outcomes.filter((text) => text === "no failure")).toHaveLength(1);
  });
});

describe("lists", () => {
  test.each<readonly [ListFilter, string]>([
    [{}, "CHILD internet super underlay"],
    [{ id: "super" }, "super"],
    [{ name: "n" }, "CHILD"],
    [{ partitionId: "here" }, "CHILD super underlay"],
    [{ projectId: "p" }, "CHILD"],
    [{ parentNetworkId: "super" }, "CHILD"],
    [{ vrf: 104 }, "internet"],
    [{ vrf: 105 }, ""],
    [{ nat: true }, "internet"],
    [{ nat: false, underlay: false }, "CHILD super"],
    [{ privateSuper: true }, "super"],
    [{ underlay: true }, "underlay"],
    [{ shared: true }, "CHILD"],
    [{ shared: false, natType: NatType.NONE }, "super underlay"],
    [{ networkType: NetworkType.EXTERNAL }, "internet"],
    [{ addressFamily: AddressFamily.IPV6 }, "CHILD internet super"],
    [{ prefixes: ["2001:DB8:0064::/56"] }, "super"],
    [{ prefixes: ["10.64.0.0/20", "2001:db8:64::/56"] }, "super"],
    [{ prefixes: ["10.64.0.0/56", "2001:db8:64::/56"] }, "refused"],
    [{ prefixes: ["10.64.0.0/24"] }, ""],
    [{ destinationPrefixes: ["::/0"] }, "internet"],
    [{ labels: { a: "b" } }, "CHILD"],
    [{ labels: { a: "c" } }, ""],
  ])("%j", async (filter, expected) => {
    const child = await dc().allocate({ name: "n", shared: true, labels: { a: "b" } });
    const listing = dc()
      .edit.list(filter)
      .then(({ networks }) =>
        networks
          .map(({ id }) => (id === child.id ? "CHILD" : id))
          .sort()
          .join(" "),
      );
    expect(await listing.catch(() => "refused")).toBe(expected);
  });

  test("come in pages", async () => {
    const first = await dc().admin.list({ pageSize: 2 });
    const { networks } = await dc().admin.list({ pageSize: 2, pageToken: first.nextPageToken });
    const ids = [...first.networks, ...networks].map(({ id }) => id);
    expect(ids).toEqual(["internet", "super", "underlay"]);
  });
});
