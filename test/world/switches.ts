// A rack of two switches and a spare, registered as metal-core does it, and machines that are plugged into them.
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { type MachineAllocationSchema, MachineSchema } from "../../gen/metal/v1/machine_pb.ts";
import { PartitionSchema } from "../../gen/metal/v1/partition_pb.ts";
import type { SwitchServiceRegisterRequestSchema } from "../../gen/metal/v1/switch_pb.ts";
import { SwitchService } from "../../gen/metal/v1/switch_pb.ts";
import { connectionMessages, switchFacts } from "../../src/domain/switch-message.ts";
import type { Store, Transaction } from "../../src/store/store.ts";
import { machineId } from "./machines.ts";
import type { World } from "./server.ts";

/** What a switch registers with. */
export type Registration = Omit<
  Partial<MessageInitShape<typeof SwitchServiceRegisterRequestSchema> & object>,
  "$typeName" | "$unknown"
>;

type Naming = (port: number) => string;

/** The nth port by the names of a vendor. */
export const sonic: Naming = (port) => `Ethernet${port * 4}`;
export const cumulus: Naming = (port) => `swp${port + 1}`;

/** Ports 0 to `count` - 1 of a switch. */
export const nicsOf = (id: string, count = 4, naming = sonic) =>
  Array.from({ length: count }, (_, port) => ({
    name: naming(port),
    identifier: `${id} ${naming(port)}`,
    mac: `02:00:00:00:00:0${port}`,
  }));

/** What a switch of the rack registers with. */
export function registrationOf(id: string, values: Registration = {}): Registration {
  return {
    id,
    name: id,
    partitionId: "here",
    rackId: "rack",
    os: { vendor: "SONiC", version: "1", metalCoreVersion: "2" },
    managementIp: "10.0.0.1",
    managementUser: "admin",
    nics: nicsOf(id),
    ...values,
  };
}

/** Keeps the partition and registers switches "one" and "two". */
export async function buildRack(world: World): Promise<void> {
  await world.store.transaction((tx) =>
    tx.partition.insert(create(PartitionSchema, { id: "here" })),
  );
  const agent = world.client(SwitchService, "edit");
  for (const id of ["one", "two"]) await agent.register(registrationOf(id));
}

/** A machine at one port of some switches. */
export interface Plug {
  readonly n: number;
  readonly port: number;
  readonly switches?: readonly string[];
  readonly allocation?: MessageInitShape<typeof MachineAllocationSchema>;
}

/** Keeps a machine that is plugged in as if it had registered. */
export async function plug(store: Pick<Store, "transaction">, place: Plug): Promise<string> {
  const { n, port, switches = ["one", "two"], allocation } = place;
  const id = machineId(n);
  await store.transaction(async (tx) => {
    const nics = [];
    for (const name of switches) nics.push(await connect(tx, { id, name, port }));
    const place = { id, partitionId: "here", rackId: "rack" };
    const machine = create(MachineSchema, { ...place, hardware: { nics } });
    if (allocation !== undefined)
      machine.allocation = create(MachineSchema, { allocation }).allocation;
    await tx.machine.insert(machine);
  });
  return id;
}

async function connect(
  tx: Transaction,
  { id, name, port }: { readonly id: string; readonly name: string; readonly port: number },
) {
  const one = await tx.switch.get(name);
  const nic = one?.nics[port];
  if (one === undefined || nic === undefined) throw new Error(`no port ${port} of "${name}"`);
  const { connections } = switchFacts(one);
  one.connections = connectionMessages([...connections, { nic, machineId: id }]);
  await tx.switch.update(one);
  const { mac, identifier } = nic;
  return { name: `to ${name}`, neighbors: [{ mac, identifier, name: nic.name, hostname: name }] };
}
