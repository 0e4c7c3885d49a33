// IPs: what is handed out to whom, how it changes, and when it comes back.
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { describe, expect, test } from "@jest/globals";
import { MachineSecretSchema } from "../../gen/metal/store/v1/machine_pb.ts";
import { AddressFamily } from "../../gen/metal/v1/address_family_pb.ts";
import { type IPServiceListRequestSchema, IpType } from "../../gen/metal/v1/ip_pb.ts";
import { MachineSchema } from "../../gen/metal/v1/machine_pb.ts";
import { ProjectService } from "../../gen/metal/v1/project_pb.ts";
import { takeAsn } from "../../src/domain/allocation/asn.ts";
import { failure } from "../world/failure.ts";
import { usingNetworks } from "../world/networks.ts";

const dc = usingNetworks();
const { IPV4, IPV6 } = AddressFamily;

/** Adds a machine "m1" that is allocated to project p, with these addresses, and a machine "m2" that is free. */
const addMachine = (ips: readonly string[] = []) =>
  dc().world.store.transaction(async (tx) => {
    const networks = [{ networkId: "internet", asn: await takeAsn(tx), ips: [...ips] }];
    await tx.machine.insert(create(MachineSchema, { id: "m2" }));
    const allocation = { uuid: "u", projectId: "p", networks };
    await tx.machine.insert(create(MachineSchema, { id: "m1", allocation }));
    await tx.machineSecret.insert(
      create(MachineSecretSchema, { id: "m1", allocationUuid: allocation.uuid }),
    );
  });

/** What a request may say beside network and project. */
interface Wish {
  readonly network?: string;
  readonly project?: string;
  readonly id?: string;
  readonly addressFamily?: AddressFamily;
}

async function hold({
  network = "internet",
  project = "p",
  id = "",
  addressFamily = 0,
}: Wish = {}) {
  const ip = { networkId: network, projectId: project, id };
  return (await dc().ips.allocate({ ip, addressFamily })).ip;
}

describe("allocation", () => {
  test("hands out the lowest free address, and again what came back", async () => {
    expect([(await hold())?.id, (await hold())?.id]).toEqual(["203.0.113.1", "203.0.113.2"]);
    await dc().ips.free({ id: "203.0.113.1" });
    expect([(await hold())?.id, (await hold())?.id]).toEqual(["203.0.113.1", "203.0.113.3"]);
  });

  test("hands out a wanted address, once, and passes over it later", async () => {
    expect((await hold({ id: "203.0.113.2" }))?.id).toBe("203.0.113.2");
    expect(await failure(hold({ id: "203.0.113.2" }))).toBe(
      'AlreadyExists: "203.0.113.2" is taken',
    );
    expect([(await hold())?.id, (await hold())?.id]).toEqual(["203.0.113.1", "203.0.113.3"]);
  });

  test("sets what an IP always has", async () => {
    const { ips } = dc();
    const asked = { networkId: "internet", projectId: "p", name: "n", tags: ["b", "a", "b"] };
    const { ip } = await ips.allocate({ ip: { ...asked, allocationUuid: "mine" } });
    expect(ip).toMatchObject({ name: "n", tags: ["a", "b"], type: IpType.EPHEMERAL });
    expect(ip).toMatchObject({ networkPrefix: "203.0.113.0/24", generation: 0n });
    expect(ip?.allocationUuid).toMatch(/^[0-9a-f]{8}-/);
    const again = await ips.free({ id: ip?.id ?? "" }).then(() => ips.allocate({ ip: asked }));
    expect(again.ip?.id).toBe(ip?.id);
    expect(again.ip?.allocationUuid).not.toBe(ip?.allocationUuid);
  });

  test("an IP for a machine says so", async () => {
    await addMachine();
    const ip = { networkId: "internet", projectId: "p", tags: ["machine.metal-stack.io/id=m1"] };
    const { ip: held } = await dc().ips.allocate({ ip, machineId: "M1" });
    expect(held?.tags).toEqual(["machine.metal-stack.io/id=m1"]);
  });

  test.each([
    ["of another project", "q", "m1"],
    ["that is free", "p", "m2"],
    ["that there is not", "p", "m3"],
  ])("an IP for a machine %s is refused, and takes no address", async (_, projectId, machineId) => {
    await addMachine();
    const ip = { networkId: "internet", projectId };
    const refused = `FailedPrecondition: tags: project "${projectId}" has no machine "${machineId}"`;
    expect(await failure(dc().ips.allocate({ ip, machineId }))).toBe(refused);
    const tags = [`machine.metal-stack.io/id=${machineId}`];
    expect(await failure(dc().ips.allocate({ ip: { ...ip, tags } }))).toBe(refused);
    expect((await hold())?.id).toBe("203.0.113.1");
  });

  test.each<readonly [string, Wish, string]>([
    ["a family, of both", { addressFamily: IPV6 }, "2001:db8:113::1"],
    ["no family, of both", {}, "203.0.113.1"],
    ["no family, of IPv6 alone", { network: "six" }, "2001:db8:6::1"],
    ["an address in another spelling", { id: "2001:DB8:113:0::00a1" }, "2001:db8:113::a1"],
    [
      "an address mapped in another way",
      { network: "six", id: "2001:db8:6::0.0.1.2" },
      "2001:db8:6::102",
    ],
  ])("%s", async (_, wish, expected) => {
    await dc().create({ id: "six", prefixes: ["2001:db8:6::/64"] });
    expect((await hold(wish))?.id).toBe(expected);
  });

  test.each<readonly [string, Wish, string]>([
    [
      "an address outside",
      { id: "203.0.114.1" },
      'InvalidArgument: "203.0.114.1" is in no prefix of network "internet"',
    ],
    [
      "no address at all",
      { id: "203.0.113" },
      'InvalidArgument: ip.ipaddress: "203.0.113" is no IP address',
    ],
    [
      "the address of the subnet",
      { id: "203.0.113.0" },
      'AlreadyExists: "203.0.113.0" stands for prefix "203.0.113.0/24" itself',
    ],
    [
      "the address of all",
      { id: "203.0.113.255" },
      'AlreadyExists: "203.0.113.255" stands for prefix "203.0.113.0/24" itself',
    ],
    [
      "the address of any router",
      { id: "2001:db8:113::" },
      'AlreadyExists: "2001:db8:113::" stands for prefix "2001:db8:113::/64" itself',
    ],
    [
      "a family that the network lacks",
      { network: "four", addressFamily: IPV6 },
      'InvalidArgument: address_family: network "four" has no IPv6 prefix',
    ],
    [
      "address and family at once",
      { id: "203.0.113.7", addressFamily: IPV4 },
      "InvalidArgument: address_family: the wanted address has one already",
    ],
    ["no such network", { network: "x" }, 'FailedPrecondition: there is no network "x"'],
    ["no such project", { project: "x" }, 'FailedPrecondition: there is no project "x"'],
    [
      "a super network",
      { network: "super" },
      'FailedPrecondition: network "super" is a super network: allocate a child of it',
    ],
    [
      "an underlay",
      { network: "underlay" },
      'FailedPrecondition: network "underlay" is an underlay: its addresses are for firewalls',
    ],
  ])("%s is refused", async (_, wish, message) => {
    await dc().create({ id: "four", prefixes: ["198.18.0.0/24"] });
    expect(await failure(hold(wish))).toBe(message);
  });

  test.each([
    ["no network", { projectId: "p" }, "ip.network_id"],
    ["no project", { networkId: "internet" }, "ip.project_id"],
    [
      "a type that nobody knows",
      { networkId: "internet", projectId: "p", type: 7 as IpType },
      "ip.type",
    ],
    ["an empty tag", { networkId: "internet", projectId: "p", tags: [""] }, "ip.tags[0]"],
  ])("%s is refused by the proto", async (_, ip, field) => {
    const refused = await failure(dc().ips.allocate({ ip }));
    expect(refused).toMatch(/^InvalidArgument: /);
    expect(refused).toContain(field);
  });

  test("a private network is for its project, a shared one for all", async () => {
    const { id } = await dc().allocate();
    expect(await failure(hold({ network: id, project: "q" }))).toBe(
      `FailedPrecondition: network "${id}" belongs to project "p"`,
    );
    expect((await hold({ network: id }))?.id).toBe("10.64.0.1");
    await dc().update({ id, shared: true });
    expect((await hold({ network: id, project: "q" }))?.id).toBe("10.64.0.2");
  });

  test.each([
    ["198.18.0.0/30", "198.18.0.1 198.18.0.2"],
    ["198.18.0.0/31", "198.18.0.0 198.18.0.1"],
    ["198.18.0.9/32", "198.18.0.9"],
    ["2001:db8:9::/126", "2001:db8:9::1 2001:db8:9::2 2001:db8:9::3"],
    ["2001:db8:9::/127", "2001:db8:9:: 2001:db8:9::1"],
    ["2001:db8:9::9/128", "2001:db8:9::9"],
  ])("of %s all is handed out that can be, and then no more", async (prefix, expected) => {
    await dc().create({ id: "tiny", prefixes: [prefix] });
    const held: string[] = [];
    for (const _ of expected.split(" ")) held.push((await hold({ network: "tiny" }))?.id ?? "");
    expect(held.join(" ")).toBe(expected);
    const family = prefix.includes(":") ? "IPv6" : "IPv4";
    expect(await failure(hold({ network: "tiny" }))).toBe(
      `ResourceExhausted: network "tiny" has no free ${family} address`,
    );
  });

  test("prefixes are used in their order, and one that is full is passed over", async () => {
    await dc().create({ id: "two", prefixes: ["198.18.9.0/30", "198.18.0.0/30"] });
    const held = [];
    for (let n = 0; n < 4; n += 1) held.push((await hold({ network: "two" }))?.id);
    expect(held).toEqual(["198.18.9.1", "198.18.9.2", "198.18.0.1", "198.18.0.2"]);
    await dc().ips.free({ id: "198.18.9.2" });
    expect((await hold({ network: "two" }))?.id).toBe("198.18.9.2");
  });
});

describe("at once", () => {
  test("200 allocations from a /25 get each of its 126 addresses once, the rest is refused", async () => {
    await dc().create({ id: "small", prefixes: ["198.18.0.0/25"] });
    const calls = Array.from({ length: 200 }, () =>
      hold({ network: "small" }).then(
        (ip) => ip?.id ?? "",
        async (error: unknown) => failure(Promise.reject(error)),
      ),
    );
    const outcomes = await Promise.all(calls);
    const held = outcomes.filter((text) => text.startsWith("198.18.0."));
    expect(held.length).toBe(126);
    expect(new Set(held)).toEqual(
      new Set(Array.from({ length: 126 }, (_, n) => `198.18.0.${n + 1}`)),
    );
    const refused = 'ResourceExhausted: network "small" has no free IPv4 address';
    expect(outcomes.filter((text) => text === refused)).toHaveLength(74);
  });

  test("a wanted address goes to one of those who want it", async () => {
    const calls = Array.from({ length: 10 }, () => failure(hold({ id: "203.0.113.77" })));
    const outcomes = await Promise.all(calls);
    expect(outcomes.filter((text) => text === "no failure")).toHaveLength(1);
    expect(outcomes.filter((text) => text.startsWith("AlreadyExists: "))).toHaveLength(9);
  });

  test("an IP is freed by one of those who free it", async () => {
    await hold();
    const calls = Array.from({ length: 5 }, () => failure(dc().ips.free({ id: "203.0.113.1" })));
    const outcomes = (await Promise.all(calls)).toSorted();
    expect(outcomes).toEqual([...Array(4).fill('NotFound: no IP "203.0.113.1"'), "no failure"]);
  });

  test("no more are held than the quota of the project allows, and its use is shown", async () => {
    const projects = dc().world.client(ProjectService, "admin");
    const quotas = { ip: { quota: 3 } };
    await projects.update({ project: { meta: { id: "p", version: 0n }, quotas } });
    const outcomes = await Promise.all(Array.from({ length: 8 }, () => failure(hold())));
    expect(outcomes.filter((text) => text === "no failure")).toHaveLength(3);
    const refused = 'ResourceExhausted: IPs of project "p": the quota of 3 is used up';
    expect(outcomes.filter((text) => text === refused)).toHaveLength(5);
    expect((await hold({ project: "q" }))?.id).toBe("203.0.113.4");
    const { project } = await projects.get({ id: "p" });
    expect(project?.quotas?.ip).toMatchObject({ quota: 3, used: 3 });
    await dc().ips.free({ id: "203.0.113.2" });
    expect((await hold())?.id).toBe("203.0.113.2");
    expect(await failure(projects.delete({ id: "p" }))).toBe(
      'FailedPrecondition: project "p" is in use by 3 IPs',
    );
  });
});

describe("freeing", () => {
  test("returns what the IP was", async () => {
    const held = await hold({ id: "2001:db8:113::a" });
    const { ip } = await dc().ips.free({ id: "2001:DB8:113::000A" });
    expect(ip).toEqual(held);
    expect(await failure(dc().ips.get({ id: "2001:db8:113::a" }))).toBe(
      'NotFound: no IP "2001:db8:113::a"',
    );
  });

  test("an IP that a machine has is kept until the machine's tag is gone", async () => {
    await addMachine();
    const ip = { networkId: "internet", projectId: "p", tags: ["x"] };
    const { ip: held } = await dc().ips.allocate({ ip, machineId: "m1" });
    const id = held?.id ?? "";
    expect(await failure(dc().ips.free({ id }))).toBe(
      'FailedPrecondition: IP "203.0.113.1" is in use by machine "m1"',
    );
    expect((await dc().ips.get({ id })).ip).toEqual(held);
    await dc().ips.update({ ip: { id, generation: 0n, tags: ["x"] } });
    await dc().ips.free({ id });
  });

  test.each(["x", "10.0.0.0/8", "::1%1"])("%j is no address", async (id) => {
    const refused = `InvalidArgument: id: "${id}" is no IP address`;
    expect(await failure(dc().ips.free({ id }))).toBe(refused);
    expect(await failure(dc().ips.get({ id }))).toBe(refused);
  });
});

describe("update", () => {
  const id = "2001:db8:113::1";
  const change = async (values: object, paths: string[] = []) => {
    const { ip } = await dc().ips.get({ id });
    const sent = { id: "2001:0DB8:113::1", generation: ip?.generation, ...values };
    return (await dc().ips.update({ ip: sent, updateMask: { paths } })).ip;
  };

  test("keeps what is not sent, whatever the address is written like", async () => {
    await hold({ addressFamily: IPV6 });
    const named = await change({ name: "n", description: "d", tags: ["b", "a", "b"] });
    expect(named).toMatchObject({ id, name: "n", description: "d", tags: ["a", "b"] });
    expect(await change({ name: "m" })).toMatchObject({ name: "m", tags: ["a", "b"] });
    expect(await change({}, ["tags", "description"])).toMatchObject({ description: "", tags: [] });
    const { ips } = await dc().ips.list({ tags: ["a"] });
    expect(ips).toEqual([]);
  });

  test("marks an IP for machines of its project alone", async () => {
    await hold({ addressFamily: IPV6 });
    await addMachine();
    const mark = "machine.metal-stack.io/id";
    for (const machine of ["", "m2", "m3", "M1"])
      expect(await failure(change({ tags: [`${mark}=${machine}`] }))).toBe(
        `FailedPrecondition: tags: project "p" has no machine "${machine}"`,
      );
    expect(await failure(change({ tags: [mark] }))).toMatch(/^FailedPrecondition: tags: /);
    expect(await change({ tags: [`${mark}=m1`] })).toMatchObject({ tags: [`${mark}=m1`] });
    expect(await change({}, ["tags"])).toMatchObject({ tags: [] });
  });

  test("leaves an IP marked for the machine that was allocated with it", async () => {
    await addMachine(["203.0.113.1"]);
    const ip = { networkId: "internet", projectId: "p" };
    const { ip: held } = await dc().ips.allocate({ ip, machineId: "m1" });
    const { id = "", generation } = held ?? {};
    const unmarked = dc().ips.update({ ip: { id, generation, tags: ["x"] } });
    expect(await failure(unmarked)).toBe(
      'FailedPrecondition: tags: machine "m1" was allocated with IP "203.0.113.1", and keeps it',
    );
    const tags = ["x", "machine.metal-stack.io/id=m1"];
    await dc().ips.update({ ip: { id, generation, tags } });
  });

  test("an ephemeral IP becomes static, and stays so", async () => {
    await hold({ addressFamily: IPV6 });
    expect((await change({ type: IpType.STATIC }))?.type).toBe(IpType.STATIC);
    const refused = `FailedPrecondition: IP "${id}" is static and never becomes ephemeral`;
    expect(await failure(change({ type: IpType.EPHEMERAL }))).toBe(refused);
    expect(await failure(change({}, ["type"]))).toBe(refused);
  });

  test.each([
    [{ networkId: "super" }, 'InvalidArgument: ip.network_id: is "internet" and never changes'],
    [{ projectId: "q" }, 'InvalidArgument: ip.project_id: is "p" and never changes'],
  ])("%j is refused", async (values, message) => {
    await hold({ addressFamily: IPV6 });
    expect(await failure(change(values))).toBe(message);
  });

  test("what the server sets cannot be set", async () => {
    const held = await hold({ addressFamily: IPV6 });
    const after = await change({ allocationUuid: "mine", networkPrefix: "::/0" });
    const { allocationUuid, networkPrefix } = held ?? {};
    expect(after).toMatchObject({ allocationUuid, networkPrefix });
  });

  test("what changed meanwhile, and what nobody holds, is refused", async () => {
    await hold({ addressFamily: IPV6 });
    await change({ name: "n" });
    const stale = dc().ips.update({ ip: { id, generation: 0n, name: "m" } });
    expect(await failure(stale)).toMatch(/^Aborted: /);
    const nobody = dc().ips.update({ ip: { id: "::9", generation: 0n } });
    expect(await failure(nobody)).toBe('NotFound: no IP "::9"');
    const none = dc().ips.update({ ip: { generation: 0n } });
    expect(await failure(none)).toBe('InvalidArgument: ip.ipaddress: "" is no IP address');
  });
});

type ListFilter = MessageInitShape<typeof IPServiceListRequestSchema>;

describe("lists", () => {
  test.each<readonly [ListFilter, string]>([
    [{}, "a b c d"],
    [{ id: "2001:DB8:113::0001" }, "c"],
    [{ id: "2001:db8:113::2" }, ""],
    [{ name: "b" }, "b"],
    [{ networkId: "internet" }, "a b c"],
    [{ projectId: "q" }, "b"],
    [{ networkPrefix: "2001:DB8:0113::/64" }, "c"],
    [{ networkPrefix: "2001:db8::/32" }, ""],
    [{ type: IpType.STATIC }, "b"],
    [{ tags: ["t", "u"] }, "a"],
    [{ tags: ["t"] }, "a c"],
    [{ machineId: "m1" }, "d"],
    [{ machineId: "m1", tags: ["t"] }, ""],
    [{ addressFamily: IPV6 }, "c"],
    [{ addressFamily: IPV4, networkId: "internet" }, "a b"],
    [{ networkPrefix: "x" }, "refused"],
    [{ id: "x" }, "refused"],
  ])("%j", async (filter, expected) => {
    await addMachine();
    const { ips, allocate } = dc();
    const { id } = await allocate();
    const ip = { networkId: "internet", projectId: "p" };
    await ips.allocate({ ip: { ...ip, name: "a", tags: ["t", "u"] } });
    await ips.allocate({ ip: { ...ip, name: "b", type: IpType.STATIC, projectId: "q" } });
    await ips.allocate({ ip: { ...ip, name: "c", tags: ["t"] }, addressFamily: IPV6 });
    await ips.allocate({ ip: { ...ip, name: "d", networkId: id }, machineId: "m1" });
    const listing = ips.list(filter).then(({ ips: found }) =>
      found
        .map(({ name }) => name)
        .sort()
        .join(" "),
    );
    expect(await listing.catch(() => "refused")).toBe(expected);
  });

  test("find one allocation of an address, and come in pages", async () => {
    const held = await Promise.all([hold(), hold(), hold()]);
    const { allocationUuid = "", id } = held[1] ?? {};
    const { ips } = await dc().ips.list({ allocationUuid });
    expect(ips.map((ip) => ip.id)).toEqual([id]);
    const first = await dc().ips.list({ pageSize: 2 });
    const second = await dc().ips.list({ pageSize: 2, pageToken: first.nextPageToken });
    const ids = [...first.ips, ...second.ips].map((ip) => ip.id);
    expect(ids).toEqual(["203.0.113.1", "203.0.113.2", "203.0.113.3"]);
    expect(second.nextPageToken).toBe("");
  });
});
