// What ports accept, as the agent of a switch reads it: the rules are tested in test/domain/switch-bgp-filter.test.ts.
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { IPSchema } from "../../../gen/metal/v1/ip_pb.ts";
import {
  type MachineAllocationSchema,
  MachineNetworkType as Type,
  MachineRole,
} from "../../../gen/metal/v1/machine_pb.ts";
import { NetworkSchema } from "../../../gen/metal/v1/network_pb.ts";
import { SwitchService } from "../../../gen/metal/v1/switch_pb.ts";
import { machineTag } from "../../../src/domain/ip.ts";
import { movePorts } from "../../../src/domain/machine-port.ts";
import { machineId } from "../../world/machines.ts";
import { startWorld, type World } from "../../world/server.ts";
import { buildRack, plug } from "../../world/switches.ts";

let world: World;
beforeEach(async () => {
  world = await startWorld();
  await buildRack(world);
  await keepNetworks();
});
afterEach(() => world.close());

async function keepNetworks(): Promise<void> {
  const networks: MessageInitShape<typeof NetworkSchema>[] = [
    {
      id: "super",
      privateSuper: true,
      prefixes: ["10.0.0.0/8"],
      additionalAnnouncableCidrs: ["10.240.0.0/12"],
    },
    { id: "own", parentNetworkId: "super", prefixes: ["10.1.0.0/22"], projectId: "p", vrf: 7 },
    { id: "internet", prefixes: ["203.0.113.0/24"], vrf: 104 },
    { id: "underlay", underlay: true, prefixes: ["10.65.0.0/24"] },
  ];
  const ips: [string, string, string, ...string[]][] = [
    ["203.0.113.5", "internet", "p"],
    ["203.0.113.6", "internet", "p", machineTag(machineId(1))],
    ["203.0.113.9", "internet", "p", machineTag(machineId(2))],
    ["203.0.113.10", "internet", "q"],
    ["10.1.0.5", "own", "p"],
  ];
  await world.store.transaction(async (tx) => {
    for (const network of networks) await tx.network.insert(create(NetworkSchema, network));
    for (const [id, networkId, projectId, ...tags] of ips)
      await tx.ip.insert(create(IPSchema, { id, networkId, projectId, tags }));
  });
}

type Allocation = MessageInitShape<typeof MachineAllocationSchema>;

const machine: Allocation = {
  role: MachineRole.MACHINE,
  projectId: "p",
  networks: [
    { networkId: "own", networkType: Type.PRIVATE_PRIMARY_UNSHARED, prefixes: ["10.1.0.0/24"] },
  ],
};
const firewall: Allocation = {
  role: MachineRole.FIREWALL,
  projectId: "p",
  networks: [
    { networkId: "own", networkType: Type.PRIVATE_PRIMARY_UNSHARED, vrf: 7, ips: ["10.1.0.1"] },
    { networkId: "internet", networkType: Type.EXTERNAL, vrf: 104, ips: ["203.0.113.9"] },
    { networkId: "underlay", networkType: Type.UNDERLAY, ips: ["10.65.0.3"] },
  ],
};

const filtersOf = async (id: string) => {
  const { switch: one } = await world.client(SwitchService, "view").get({ id });
  return one?.nics.map(({ bgpFilter }) => bgpFilter && [bgpFilter.vnis, bgpFilter.cidrs]);
};

test("a port with a machine accepts its network as it is now, what the super network adds, and free addresses", async () => {
  await plug(world.store, { n: 1, port: 0, allocation: machine });
  const cidrs = ["10.1.0.0/22", "10.240.0.0/12", "203.0.113.5/32", "203.0.113.6/32"];
  for (const id of ["one", "two"])
    expect(await filtersOf(id)).toEqual([[[], cidrs], undefined, undefined, undefined]);
});

test("a port with a firewall accepts its VRFs and its address among the switches, once it is installed", async () => {
  const id = await plug(world.store, { n: 2, port: 1, allocation: firewall });
  expect((await filtersOf("one"))?.[2]).toEqual([[], []]);
  await world.store.transaction((tx) => movePorts(tx, id, "default"));
  const { switch: one } = await world.client(SwitchService, "view").get({ id: "one" });
  expect(one?.nics.find(({ name }) => name === "Ethernet4")).toMatchObject({
    vrf: "default",
    bgpFilter: { vnis: ["104", "7"], cidrs: ["10.65.0.3/32"] },
  });
});

test("every port of a machine has a filter, and ports of free machines have none", async () => {
  await plug(world.store, { n: 1, port: 0, switches: ["one", "one"], allocation: machine });
  await world.store.transaction(async (tx) => {
    const one = await tx.switch.get("one");
    const connection = one?.connections[1];
    if (one && connection?.nic) connection.nic = { ...connection.nic, ...one.nics[3] };
    if (one) await tx.switch.update(one);
  });
  await plug(world.store, { n: 3, port: 2 });
  const [first, second, third, fourth] = (await filtersOf("one")) ?? [];
  expect(first).toBeDefined();
  expect(second).toEqual(first);
  expect([third, fourth]).toEqual([undefined, undefined]);
});

test("a network that is gone costs only its own routes", async () => {
  await plug(world.store, { n: 1, port: 0, allocation: machine });
  await world.store.transaction(async (tx) => {
    await tx.network.delete("own");
    await tx.network.delete("super");
  });
  const cidrs = ["10.1.0.0/24", "203.0.113.5/32", "203.0.113.6/32"];
  expect((await filtersOf("one"))?.[0]).toEqual([[], cidrs]);
});

test("a list reads what filters are made from once, however many switches it shows", async () => {
  await plug(world.store, { n: 1, port: 0, allocation: machine });
  const { loadPortWorld } = await import("../../../src/services/switch/filter-world.ts");
  const { read } = world.store;
  const switches = await read.switch.list({ limit: 10 });
  let gets = 0;
  const counting = {
    get: (id: string) => {
      gets += 1;
      return read.machine.get(id);
    },
  };
  const loaded = await loadPortWorld({ ...read, machine: counting as never }, switches);
  expect([switches.length, gets, [...loaded.machines.keys()]]).toEqual([2, 1, [machineId(1)]]);
});
