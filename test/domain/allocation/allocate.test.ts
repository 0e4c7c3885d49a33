import { create } from "@bufbuild/protobuf";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { TimestampSchema } from "@bufbuild/protobuf/wkt";
import {
  MachineBMCRecordSchema,
  MachineWaitSchema,
} from "../../../gen/metal/store/v1/machine_pb.ts";
import { BmcCommandType } from "../../../gen/metal/v1/bmc_command_pb.ts";
import {
  type Machine,
  MachineLEDSchema,
  MachineLedValue,
  MachineLiveliness,
  MachineNetworkType,
  MachineRole,
  MachineServiceAllocateRequestSchema,
  MachineStateSchema,
  MachineStateValue,
} from "../../../gen/metal/v1/machine_pb.ts";
import { IPSchema, IpType } from "../../../gen/metal/v1/ip_pb.ts";
import { QuotaSetSchema } from "../../../gen/metal/v1/meta_pb.ts";
import { SizeImageConstraintSchema } from "../../../gen/metal/v1/size_image_constraint_pb.ts";
import { SizeReservationSchema } from "../../../gen/metal/v1/size_pb.ts";
import { allocate } from "../../../src/domain/allocation/allocate.ts";
import { asnPool } from "../../../src/domain/allocation/asn.ts";
import { free } from "../../../src/domain/allocation/free.ts";
import { reinstall } from "../../../src/domain/allocation/reinstall.ts";
import type { AllocationSpec } from "../../../src/domain/allocation/spec.ts";
import { allocateIp, machineTag } from "../../../src/domain/ip.ts";
import { openMemoryStore } from "../../../src/store/sqlite.ts";
import type { Store, Transaction } from "../../../src/store/store.ts";
import { faultsOf } from "../../world/books.ts";
import { failure } from "../../world/failure.ts";
import {
  addChild,
  addMachine,
  firewallImageId,
  imageId,
  partitionId,
  projectId,
  sizeId,
  stock,
} from "../../world/inventory.ts";

let store: Store;
let privateId: string;
beforeEach(async () => {
  store = await openMemoryStore();
});
afterEach(async () => {
  expect(await faultsOf(store)).toEqual([]);
  expect(await asnFaults()).toEqual([]);
  await store.close();
});

async function start(options = {}): Promise<void> {
  privateId = await stock(store, options);
}

function specOf(values: object = {}): AllocationSpec {
  const request = create(MachineServiceAllocateRequestSchema, {
    projectId,
    imageId: "debian-13",
    sizeId,
    partitionId,
    networks: [{ networkId: privateId }, { networkId: "internet" }],
    ...values,
  });
  const { role = MachineRole.MACHINE, creator = "hmac:Metal-Edit" } =
    values as Partial<AllocationSpec>;
  return { ...request, role, creator };
}

const run = <R>(work: (tx: Transaction) => Promise<R>) => store.transaction(work);
const take = (values: object = {}, random = Math.random) =>
  run((tx) => allocate(tx, specOf(values), { nowMs: Date.now(), random }));
const giveBack = (id: string) => run((tx) => free(tx, id, { nowMs: Date.now() }));
const again = (id: string, image: string) =>
  run((tx) => reinstall(tx, { id, imageId: image, nowMs: Date.now() }));

/** Every autonomous system is free, or of exactly one machine. */
async function asnFaults(): Promise<string[]> {
  const machines = await store.read.machine.list({ where: { allocated: "true" }, limit: 1000 });
  const held = machines.map(({ allocation }) => allocation?.networks[0]?.asn ?? 0);
  const ranges = await store.read.freeNumber.list(asnPool, { limit: 1000 });
  const size = ranges.reduce((sum, { first, last }) => sum + Number(last - first) + 1, 0);
  const whole = 0xfffffffe - 0xfaef8081 + 1;
  const distinct = new Set(held).size === held.length;
  return size + held.length === whole && distinct ? [] : [`${size} free, held: ${held.join()}`];
}

test("a machine is handed over with addresses, autonomous system, layout and tags", async () => {
  await start();
  const machine = await take({ name: "web", tags: ["team=shop"], userData: "I2Nsb3Vk" });
  expect(machine.waiting).toBe(false);
  expect(machine.allocation).toMatchObject({
    name: "web",
    projectId,
    imageId,
    hostname: "metal",
    creator: "hmac:Metal-Edit",
    userData: "",
    filesystemLayout: { id: "default" },
    dnsServers: [{ ip: "10.0.0.53" }],
  });
  const [own, internet] = machine.allocation?.networks ?? [];
  expect(own).toMatchObject({
    networkId: privateId,
    networkType: MachineNetworkType.PRIVATE_PRIMARY_UNSHARED,
    ips: ["10.0.0.1"],
  });
  expect(internet).toMatchObject({ ips: ["203.0.113.1", "2001:db8::1"], vrf: 100, nat: true });
  expect(own?.asn).toBe(internet?.asn);
  expect(machine.tags).toEqual([
    "team=shop",
    `machine.metal-stack.io/network.primary.asn=${own?.asn}`,
    `machine.metal-stack.io/rack=${machine.rackId}`,
  ]);
  expect((await store.read.machineSecret.get(machine.id))?.userData).toBe("I2Nsb3Vk");
  const ip = await store.read.ip.get("2001:db8::1");
  expect(ip).toMatchObject({
    type: IpType.EPHEMERAL,
    tags: [`machine.metal-stack.io/id=${machine.id}`],
  });
});

test("200 allocations at once over 200 machines give 200 different machines, and the next is refused", async () => {
  await start({ machines: 200, racks: 8 });
  const networks = [{ networkId: privateId }];
  const machines = await Promise.all(Array.from({ length: 200 }, () => take({ networks })));
  expect(new Set(machines.map(({ id }) => id)).size).toBe(200);
  const addresses = machines.flatMap(({ allocation }) => allocation?.networks[0]?.ips ?? []);
  expect(new Set(addresses).size).toBe(200);
  expect(await store.read.machine.count({ allocated: "false" })).toBe(0);
  expect(await failure(take({ networks }))).toBe(
    'ResourceExhausted: no machine of size "small" in partition "north" is available',
  );
}, 60_000);

test("machines of a project are spread evenly over racks", async () => {
  await start({ machines: 20, racks: 4 });
  const counts = new Map<string, number>();
  for (let at = 0; at < 12; at++) {
    const { rackId } = await take();
    counts.set(rackId, (counts.get(rackId) ?? 0) + 1);
  }
  expect([...counts.values()]).toEqual([3, 3, 3, 3]);
});

test("placement tags keep machines apart without being repeated as tags", async () => {
  await start({ machines: 6, racks: 3 });
  const racks: string[] = [];
  for (let at = 0; at < 3; at++) racks.push((await take({ placementTags: ["db"] })).rackId);
  expect(new Set(racks).size).toBe(3);
});

test("the same request again gives the same machine, another one under its id is refused", async () => {
  await start();
  const first = await take({ requestId: "r1" });
  expect((await take({ requestId: "r1" })).id).toBe(first.id);
  expect((await take({ requestId: "r2" })).id).not.toBe(first.id);
  expect((await take({ requestId: "r1", creator: "hmac:Other" })).id).not.toBe(first.id);
  expect(await failure(take({ requestId: "r1", name: "else" }))).toBe(
    'InvalidArgument: request_id: "r1" was used for another request',
  );
  await giveBack(first.id);
  expect(await failure(take({ requestId: "r1" }))).toMatch(
    /^FailedPrecondition: .* was freed since then$/,
  );
});

test("a machine that is freed leaves nothing behind, and can be allocated again when it waits", async () => {
  await start({ machines: 1 });
  const { id } = await take();
  const { machine } = await giveBack(id);
  expect(machine.allocation).toBeUndefined();
  expect(machine).toMatchObject({ tags: [], waiting: false });
  expect(await store.read.ip.list({ limit: 10 })).toEqual([]);
  expect(await store.read.machineSecret.get(id)).toBeUndefined();
  const history = await store.read.machineHistory.get(id);
  expect(history?.events?.log[0]?.event).toBe("Machine Reclaim");
  expect(await failure(take())).toMatch(/^ResourceExhausted/);
  await run((tx) => tx.machine.update({ ...machine, waiting: true } as Machine));
  expect((await take()).id).toBe(id);
});

test("static addresses and those of other machines stay when a machine is freed", async () => {
  await start();
  const given = await run(async (tx) => {
    const network = await tx.network.get("internet");
    const project = await tx.project.get(projectId);
    if (!network || !project) throw new Error("the inventory lacks something");
    const ip = create(IPSchema, { networkId: network.id, projectId, type: IpType.STATIC });
    return allocateIp(tx, ip, { network, project, wish: { wanted: undefined, family: "IPv4" } });
  });
  const { id, allocation } = await take({ ips: [given.id] });
  expect(allocation?.networks[1]?.ips).toEqual([given.id]);
  expect(await failure(take({ ips: [given.id] }))).toContain("is on machine");
  await giveBack(id);
  expect(await store.read.ip.get(given.id)).toMatchObject({ tags: [] });
});

test("an address that a machine got after its allocation leaves with it", async () => {
  await start();
  const { id } = await take();
  const later = await run(async (tx) => {
    const network = await tx.network.get("internet");
    const project = await tx.project.get(projectId);
    if (!network || !project) throw new Error("the inventory lacks something");
    const ip = create(IPSchema, { networkId: network.id, projectId, tags: [machineTag(id)] });
    return allocateIp(tx, ip, { network, project, wish: { wanted: undefined, family: "IPv4" } });
  });
  await giveBack(id);
  expect(await store.read.ip.get(later.id)).toBeUndefined();
});

describe("a machine is not chosen", () => {
  const waits = { state: { value: MachineStateValue.AVAILABLE } };
  test.each([
    ["that is locked", { state: { value: MachineStateValue.LOCKED } }],
    ["that is reserved", { state: { value: MachineStateValue.RESERVED } }],
    ["that does not wait", { ...waits, waiting: false }],
    ["of another size", { ...waits, sizeId: "large" }],
    [
      "whose disks are too small",
      { ...waits, hardware: { disks: [{ name: "/dev/sda", size: 5n }] } },
    ],
  ])("%s", async (_, values) => {
    await start({ machines: 0 });
    await run((tx) => addMachine(tx, "rack-1", values));
    expect(await failure(take())).toMatch(/^ResourceExhausted: /);
  });

  test("whose stream has not said for too long that it waits", async () => {
    await start({ machines: 2 });
    const [late] = await store.read.machine.list({ limit: 1 });
    const until = { seconds: BigInt(Math.floor(Date.now() / 1000) - 60) };
    await run((tx) =>
      tx.machineWait.insert(create(MachineWaitSchema, { id: late?.id ?? "", until })),
    );
    expect((await take()).id).not.toBe(late?.id);
    expect(await failure(take())).toMatch(/^ResourceExhausted/);
  });
});

test("a machine asked for by id may be reserved, but not locked, and brings size and partition", async () => {
  await start({ machines: 0 });
  const reserved = { state: { value: MachineStateValue.RESERVED } };
  const uuid = await run((tx) => addMachine(tx, "rack-1", reserved));
  expect((await take({ uuid, sizeId: "", partitionId: "" })).id).toBe(uuid);
  const locked = await run((tx) =>
    addMachine(tx, "rack-1", { state: { value: MachineStateValue.LOCKED } }),
  );
  expect(await failure(take({ uuid: locked }))).toBe(
    `FailedPrecondition: machine "${locked}" is locked`,
  );
  expect(await failure(take({ uuid: locked, sizeId: "large" }))).toMatch(
    /^InvalidArgument: size_id/,
  );
});

test("what others have reserved is kept for them", async () => {
  await start({ machines: 2 });
  const reservation = {
    id: "r",
    sizeId,
    projectId: "other",
    partitionIds: [partitionId],
    amount: 1,
  };
  await run((tx) => tx.sizeReservation.insert(create(SizeReservationSchema, reservation)));
  await take();
  expect(await failure(take())).toBe(
    'ResourceExhausted: all available machines of size "small" in partition "north" are reserved by others',
  );
  const [left] = await store.read.machine.list({ where: { allocated: "false" }, limit: 1 });
  expect(await failure(take({ uuid: left?.id }))).toMatch(/are reserved by others$/);
  const child = await run((tx) => addChild(tx, "other"));
  const own = { projectId: "other", networks: [{ networkId: child }] };
  expect((await take(own)).allocation?.projectId).toBe("other");
});

test.each([
  ["first", 0],
  ["last", 0.999],
])(
  "a machine that only seems to wait is not kept for others, if it comes %s",
  async (_, random) => {
    await start({ machines: 2 });
    const reservation = { id: "r", sizeId, projectId: "other", partitionIds: [partitionId] };
    await run(async (tx) => {
      await tx.sizeReservation.insert(create(SizeReservationSchema, { ...reservation, amount: 1 }));
      const [silent] = await tx.machine.list({ limit: 1 });
      const history = await tx.machineHistory.get(silent?.id ?? "");
      if (!history) throw new Error("no history");
      await tx.machineHistory.update({ ...history, liveliness: MachineLiveliness.DEAD });
    });
    expect(await failure(take({}, () => random))).toMatch(/are reserved by others$/);
  },
);

test("the quota of machines holds for machines and firewalls together", async () => {
  await start({ machines: 3 });
  await run(async (tx) => {
    const project = await tx.project.get(projectId);
    if (!project) throw new Error("no project");
    project.quotas = create(QuotaSetSchema, { machine: { quota: 1 } });
    await tx.project.update(project);
  });
  const firewall = { role: MachineRole.FIREWALL, imageId: firewallImageId };
  const { id } = await take(firewall);
  const refused = 'ResourceExhausted: machines of project "shop": the quota of 1 is used up';
  expect(await failure(take())).toBe(refused);
  expect(await failure(take(firewall))).toBe(refused);
  await giveBack(id);
  await take();
  expect(await failure(take(firewall))).toBe(refused);
});

test("an image that has expired is not installed, whether for the first time or again", async () => {
  await start();
  const { id } = await take();
  await run(async (tx) => {
    const image = await tx.image.get(imageId);
    if (!image) throw new Error("no image");
    await tx.image.update({ ...image, expirationDate: create(TimestampSchema, { seconds: 1n }) });
  });
  for (const wanted of [imageId, "debian-13"]) {
    expect(await failure(take({ imageId: wanted }))).toContain("has not expired");
    expect(await failure(again(id, wanted))).toContain("has not expired");
  }
  expect(await store.read.machine.count({ allocated: "true" })).toBe(1);
});

test("what a size must not run is not installed, whether for the first time or again", async () => {
  await start();
  const { id } = await take();
  await run((tx) =>
    tx.sizeImageConstraint.insert(
      create(SizeImageConstraintSchema, {
        id: sizeId,
        constraints: { images: { debian: ">= 14" } },
      }),
    ),
  );
  const refused = /^FailedPrecondition: .*debian/;
  expect(await failure(take())).toMatch(refused);
  expect(await failure(again(id, imageId))).toMatch(refused);
  expect(await store.read.machine.count({ allocated: "true" })).toBe(1);
});

test("a locked machine stays as it is: it is neither freed nor installed again", async () => {
  await start();
  const { id } = await take();
  await run(async (tx) => {
    const state = { value: MachineStateValue.LOCKED, description: "an auditor looks at it" };
    const machine = await tx.machine.get(id);
    if (!machine) throw new Error("no machine");
    await tx.machine.update({ ...machine, state: create(MachineStateSchema, state) });
  });
  const before = await store.read.machine.get(id);
  const refused = `FailedPrecondition: machine "${id}" is locked: an auditor looks at it`;
  expect(await failure(giveBack(id))).toBe(refused);
  expect(await failure(again(id, ""))).toBe(refused);
  expect(await store.read.machine.get(id)).toEqual(before);
  expect(await store.read.bmcCommand.count({ machine: id })).toBe(0);
});

test("of a machine that is freed the light goes out after the BMC was told to boot it anew", async () => {
  await start();
  const { id } = await take();
  await run(async (tx) => {
    const bmc = { address: "10.1.0.1:623" };
    await tx.machineBmc.insert(create(MachineBMCRecordSchema, { id, bmc }));
    const machine = await tx.machine.get(id);
    if (!machine) throw new Error("no machine");
    const led = create(MachineLEDSchema, { value: MachineLedValue.ON, description: "broken fan" });
    await tx.machine.update({ ...machine, led });
  });
  const { machine, commandId } = await giveBack(id);
  expect(machine.led).toMatchObject({ value: MachineLedValue.OFF, description: "" });
  const commands = await store.read.bmcCommand.list({ where: { machine: id }, limit: 9 });
  expect(commands.map(({ type }) => type)).toEqual([BmcCommandType.FREE, BmcCommandType.LED_OFF]);
  expect(commands[0]?.id).toBe(commandId);
  await giveBack(id);
  const after = await store.read.bmcCommand.list({ where: { machine: id }, limit: 9 });
  expect(after.filter(({ type }) => type === BmcCommandType.LED_OFF)).toHaveLength(1);
});

test.each([
  ["no network", { networks: [] }, "InvalidArgument: networks: must not be empty"],
  ["a network that is not there", { networks: [{ networkId: "x" }] }, 'there is no network "x"'],
  ["only an external network", { networks: [{ networkId: "internet" }] }, "must be private"],
  ["the super network", { networks: [{ networkId: "super" }] }, "is a super network"],
  ["the underlay", { networks: [{ networkId: "underlay" }] }, "is an underlay"],
  [
    "a key that is none",
    { sshPublicKeys: ["ssh-ed25519 AAAA"] },
    "InvalidArgument: ssh_public_keys[0]",
  ],
  ["an image for firewalls", { imageId: firewallImageId }, "is not for machines"],
  ["an image that is not there", { imageId: "ubuntu-1" }, "NotFound"],
  ["a size that is not there", { sizeId: "x" }, 'FailedPrecondition: there is no size "x"'],
  [
    "a project that is not there",
    { projectId: "x" },
    'FailedPrecondition: there is no project "x"',
  ],
  ["a layout that is not there", { filesystemLayoutId: "x" }, 'there is no filesystem layout "x"'],
  ["no size and no id", { sizeId: "" }, "InvalidArgument: size_id"],
  ["no project", { projectId: "" }, "project"],
  ["an address that is none", { ips: ["10.0.0"] }, 'InvalidArgument: ips[0]: "10.0.0" is no IP'],
])("a request with %s is refused and leaves nothing behind", async (_, values, text) => {
  await start();
  expect(await failure(take(values))).toContain(text);
  expect(await store.read.machine.count({ allocated: "true" })).toBe(0);
  expect(await store.read.ip.count({})).toBe(0);
});

test("addresses that run out in the last network leave nothing behind", async () => {
  await start();
  await run(async (tx) => {
    const pools = await tx.freeNumber.list("203.0.113.0/24", { limit: 10 });
    for (const range of pools) await tx.freeNumber.take("203.0.113.0/24", range);
  });
  expect(await failure(take())).toMatch(/^ResourceExhausted: network "internet"/);
  expect(await store.read.ip.count({})).toBe(0);
  expect(await store.read.machine.count({ allocated: "false" })).toBe(4);
  await run(async (tx) => {
    await tx.freeNumber.give("203.0.113.0/24", { first: 0xcb007101n, last: 0xcb0071fen });
  });
});

describe("a firewall", () => {
  const firewall = { role: MachineRole.FIREWALL, imageId: firewallImageId };

  test("joins the underlay by itself and keeps its rules in canonical form", async () => {
    await start();
    const firewallRules = {
      egress: [{ ports: [443], to: ["0.0.0.0/0"], comment: "https" }],
      ingress: [],
    };
    const { allocation } = await take({ ...firewall, firewallRules } as object);
    expect(allocation?.networks.map(({ networkId }) => networkId)).toEqual([
      privateId,
      "internet",
      "underlay",
    ]);
    expect(allocation?.networks[2]?.ips).toEqual(["10.20.0.1"]);
  });

  test("needs an external network", async () => {
    await start();
    const networks = [{ networkId: privateId }];
    expect(await failure(take({ ...firewall, networks }))).toContain("must be external");
  });
});

describe("reinstall", () => {
  test("keeps networks and addresses, and takes another image for the same layout", async () => {
    await start();
    const { id, allocation } = await take();
    const { machine } = await run((tx) => reinstall(tx, { id, imageId: "", nowMs: Date.now() }));
    expect(machine.allocation).toMatchObject({ reinstall: true, imageId });
    expect(machine.allocation?.networks).toEqual(allocation?.networks);
    const history = await store.read.machineHistory.get(id);
    expect(history?.events?.log[0]?.event).toBe("Planned Reboot");
    expect(history?.events?.crashLoop).toBe(false);
  });

  test("refuses a machine that is free, and an image that is for something else", async () => {
    await start();
    const [idle] = await store.read.machine.list({ limit: 1 });
    expect(await failure(again(idle?.id ?? "", ""))).toContain("is not allocated");
    const { id } = await take();
    expect(await failure(again(id, firewallImageId))).toContain("is not for machines");
    expect(await failure(again("nobody", ""))).toBe('NotFound: no machine "nobody"');
  });
});
