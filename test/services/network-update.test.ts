// Networks that change, and how much of them is in use.
import { describe, expect, test } from "@jest/globals";
import { NatType, NetworkType } from "../../gen/metal/v1/network_pb.ts";
import { failure } from "../world/failure.ts";
import { type NetworkInit, prefixesText, superOf, usingNetworks } from "../world/networks.ts";

const dc = usingNetworks();
const prefixes = ["198.18.0.0/24"];

describe("update", () => {
  test("what is not sent stays as it is", async () => {
    await dc().update({ id: "super", additionalAnnouncableCidrs: ["10.240.0.0/12"] });
    const before = await dc().get("super");
    const after = await dc().update({ id: "super", name: "n" });
    const { generation, changed } = after;
    expect(after).toEqual({ ...before, name: "n", generation, changed });
  });

  test.each<readonly [NetworkInit, string]>([
    [{ vrf: 105 }, 'network.vrf: is "104" and never changes'],
    [{ vrfShared: true }, 'network.vrf_shared: is "false" and never changes'],
    [{ nat: false }, 'network.nat: is "true" and never changes'],
    [{ partitionId: "here" }, 'network.partition_id: is "" and never changes'],
    [{ projectId: "p" }, 'network.project_id: is "" and never changes'],
    [{ parentNetworkId: "super" }, 'network.parent_network_id: is "" and never changes'],
    [{ privateSuper: true }, 'network.private_super: is "false" and never changes'],
    [{ underlay: true }, 'network.underlay: is "false" and never changes'],
    [{ shared: true }, "network.shared: an external network cannot have it"],
    [{ prefixes: ["x"] }, 'network.prefixes: "x" is no prefix in CIDR notation'],
  ])("%j is refused", async (values, message) => {
    expect(await failure(dc().update({ id: "internet", ...values }))).toBe(
      `InvalidArgument: ${message}`,
    );
  });

  test("more prefixes than a network may have are refused before anybody looks at them", async () => {
    const many = Array.from({ length: 50_000 }, (_, n) => `10.${n >> 8}.${n & 255}.0/24`);
    const refused = await failure(dc().update({ id: "underlay", prefixes: many }));
    expect(refused).toMatch(
      /^InvalidArgument: network\.prefixes: must contain no more than 64 item/,
    );
  });

  test("what the server sets cannot be set", async () => {
    const after = await dc().update({
      id: "internet",
      networkType: NetworkType.CHILD_SHARED,
      natType: NatType.NONE,
      consumption: { ipv4: { availableIps: 1n } },
    });
    expect(after).toMatchObject({
      networkType: NetworkType.EXTERNAL,
      natType: NatType.IPV4_MASQ,
      consumption: { ipv4: { availableIps: 256n } },
    });
  });

  test("prefixes come and go while others are in use", async () => {
    const [old, added] = ["198.18.0.0/24", "198.51.100.0/24"];
    await dc().create({ id: "x", prefixes: [old] });
    await dc().hold("x", { id: "198.18.0.9" });
    const both = await dc().update({ id: "x", prefixes: [old, added] });
    expect(both.prefixes).toEqual([old, added]);
    expect((await dc().hold("x", { id: "198.51.100.77" })).networkPrefix).toBe(added);
    expect(await failure(dc().update({ id: "x", prefixes: [added] }))).toBe(
      `FailedPrecondition: prefix "${old}" of network "x" is in use by 1 IP, "198.18.0.9" is one`,
    );
    await dc().ips.free({ id: "198.18.0.9" });
    await dc().update({ id: "x", prefixes: [added] });
    await dc().create({ prefixes: ["198.18.0.0/25"] });
  });

  test("a prefix may be replaced by one that it lies in", async () => {
    const { prefixes: kept } = await dc().update({ id: "underlay", prefixes: ["10.65.0.0/16"] });
    expect(kept).toEqual(["10.65.0.0/16"]);
  });

  test("all prefixes cannot be removed", async () => {
    const removal = dc().update(
      { id: "internet", destinationPrefixes: [] },
      { paths: ["prefixes"] },
    );
    expect(await failure(removal)).toBe(
      "InvalidArgument: network.prefixes: an external network needs it",
    );
  });

  test("a prefix of a super network that children are carved from stays", async () => {
    const child = await dc().allocate();
    const change = { id: "super", prefixes: ["10.66.0.0/20", "2001:db8:64::/56"] };
    expect(await failure(dc().update(change))).toBe(
      `FailedPrecondition: prefix "10.64.0.0/20" of network "super" is in use by 1 child network, "${child.id}" with "10.64.0.0/22" is one`,
    );
    await dc().edit.free({ id: child.id });
    await dc().update(change);
    expect(prefixesText(await dc().allocate())).toBe("10.66.0.0/22 2001:db8:64::/64");
  });

  test("a super network of one family gets the other in one step", async () => {
    await dc().create({ id: "s", ...superOf({ IPv4: 26 }, "198.18.0.0/24") });
    const added = { id: "s", prefixes: ["198.18.0.0/24", "2001:db8:5::/48"] };
    expect(await failure(dc().update(added))).toBe(
      'InvalidArgument: network.default_child_prefix_length: has no IPv6, but "2001:db8:5::/48" is IPv6',
    );
    await dc().update({ ...added, defaultChildPrefixLength: { IPv4: 26, IPv6: 64 } });
    const child = await dc().allocate({ partitionId: "", parentNetworkId: "s" });
    expect(prefixesText(child)).toBe("198.18.0.0/26 2001:db8:5::/64");
  });

  test("the prefixes of a child never change", async () => {
    const { id } = await dc().allocate();
    expect(await failure(dc().update({ id, prefixes }))).toBe(
      "InvalidArgument: network.prefixes: those of a child network are carved and never change",
    );
  });

  test("a child can be shared, is of that type then, and stays so", async () => {
    const { id } = await dc().allocate();
    const shared = await dc().update({ id, shared: true });
    expect(shared.networkType).toBe(NetworkType.CHILD_SHARED);
    const { networks } = await dc().admin.list({ networkType: NetworkType.CHILD_SHARED });
    expect(networks.map((network) => network.id)).toEqual([id]);
    for (const change of [
      dc().update({ id, shared: false }),
      dc().update({ id }, { paths: ["shared"] }),
    ])
      expect(await failure(change)).toBe(
        `FailedPrecondition: network "${id}" is shared, and stays so for those who joined it`,
      );
  });

  test("announcements are added freely, and removed by force only", async () => {
    const id = "super";
    const [a, b] = ["10.240.0.0/12", "10.96.0.0/12"];
    await dc().update({ id, additionalAnnouncableCidrs: [a] });
    await dc().update({ id, additionalAnnouncableCidrs: [a, b] });
    const removal = { id, additionalAnnouncableCidrs: [b] };
    expect(await failure(dc().update(removal))).toBe(
      `FailedPrecondition: "${a}" could not be announced any more: remove it with force`,
    );
    const clearing = dc().update({ id }, { paths: ["additional_announcable_cidrs"] });
    expect(await failure(clearing)).toMatch(/^FailedPrecondition: /);
    expect((await dc().update(removal, { force: true })).additionalAnnouncableCidrs).toEqual([b]);
  });

  test("an update that is refused leaves the prefixes as they were", async () => {
    await dc().update({ id: "super", additionalAnnouncableCidrs: ["10.240.0.0/12"] });
    const before = await dc().get("super");
    const refused = dc().update(
      { id: "super", prefixes: ["10.64.0.0/20", "2001:db8:64::/56", "198.18.0.0/20"] },
      { paths: ["prefixes", "additional_announcable_cidrs"] },
    );
    expect(await failure(refused)).toMatch(/^FailedPrecondition: /);
    expect(await dc().get("super")).toEqual(before);
    const taken = dc().update({ id: "super", prefixes: [...before.prefixes, "10.65.0.0/16"] });
    expect(await failure(taken)).toMatch(/^AlreadyExists: /);
    expect(await dc().get("super")).toEqual(before);
    await dc().create({ prefixes: ["198.18.0.0/20"] });
  });

  test("an update of what changed meanwhile is aborted, and takes no prefix", async () => {
    const stale = { id: "underlay", generation: 0n, prefixes: ["10.65.0.0/24", "198.18.0.0/24"] };
    await dc().update({ id: "underlay", name: "n" });
    expect(await failure(dc().admin.update({ network: stale }))).toMatch(/^Aborted: /);
    await dc().create({ prefixes: ["198.18.0.0/24"] });
  });
});

describe("consumption", () => {
  const usage = async (id: string) => (await dc().get(id)).consumption;

  test("a super network shows blocks of four addresses, and the prefixes of its children", async () => {
    expect(await usage("super")).toMatchObject({
      ipv4: { availableIps: 4096n, usedIps: 2n, availablePrefixes: 1024n, usedPrefixes: 0n },
      ipv6: { usedIps: 1n, availablePrefixes: (1n << 64n) - 1n, usedPrefixes: 0n },
    });
    const { id } = await dc().allocate();
    expect(await usage("super")).toMatchObject({
      ipv4: { availablePrefixes: 768n, usedPrefixes: 1n },
      ipv6: { usedPrefixes: 1n },
    });
    await dc().edit.free({ id });
    expect(await usage("super")).toMatchObject({ ipv4: { availablePrefixes: 1024n } });
  });

  test("a block of four that a part of is taken is not available any more", async () => {
    const one = await dc().allocate({}, { IPv4: 32, IPv6: 128 });
    expect(await usage("super")).toMatchObject({ ipv4: { availablePrefixes: 1023n } });
    const two = await dc().allocate({}, { IPv4: 31, IPv6: 127 });
    expect(await usage("super")).toMatchObject({ ipv4: { availablePrefixes: 1023n } });
    await dc().edit.free({ id: one.id });
    expect(await usage("super")).toMatchObject({ ipv4: { availablePrefixes: 1023n } });
    await dc().edit.free({ id: two.id });
    expect(await usage("super")).toMatchObject({ ipv4: { availablePrefixes: 1024n } });
  });

  test("numbers beyond 64 bits are given as the highest, all others exactly", async () => {
    await dc().create({ id: "huge", ...superOf({ IPv6: 64 }, "2001:db9::/32") });
    const most = (1n << 64n) - 1n;
    expect(await usage("huge")).toMatchObject({
      ipv6: { availableIps: most, usedIps: 1n, availablePrefixes: most },
    });
    await dc().create({ id: "s", ...superOf({ IPv6: 96 }, "2001:db8:a::/64") });
    await dc().allocate({ partitionId: "", parentNetworkId: "s" });
    expect(await usage("s")).toMatchObject({
      ipv6: { availablePrefixes: (1n << 62n) - (1n << 30n), usedPrefixes: 1n },
    });
  });

  test("addresses are counted by family, with those that are never handed out", async () => {
    await dc().hold("internet");
    await dc().hold("internet", { id: "2001:db8:113::99" });
    await dc().hold("internet", { id: "2001:db8:113::9a" });
    expect(await usage("internet")).toMatchObject({
      ipv4: { availableIps: 256n, usedIps: 3n, availablePrefixes: 0n, usedPrefixes: 0n },
      ipv6: { availableIps: (1n << 64n) - 1n, usedIps: 3n },
    });
    expect((await usage("underlay"))?.ipv6).toBeUndefined();
    const { networks } = await dc().admin.list({});
    expect(networks.map(({ consumption }) => consumption?.ipv4?.usedIps)).toEqual([3n, 2n, 2n]);
  });
});
