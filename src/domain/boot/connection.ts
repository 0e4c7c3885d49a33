// Plugs a machine that registers into the two switches that it sees.
import type { Machine } from "../../../gen/metal/v1/machine_pb.ts";
import type { Switch, SwitchConnection } from "../../../gen/metal/v1/switch_pb.ts";
import type { Transaction } from "../../store/store.ts";
import { precondition } from "../errors.ts";
import { every } from "../every.ts";
import { ascending } from "../order.ts";
import { connectMachine } from "../switch-connect.ts";
import { portKey } from "../switch-facts.ts";
import { connectionMessages, switchFacts } from "../switch-message.ts";

/**
 * Connects the machine with the switches of `partitionId` that its ports see, and returns the rack. Throws
 * failed_precondition that says how it is plugged wrong.
 */
export async function plugIn(
  tx: Pick<Transaction, "switch">,
  { id, hardware }: Pick<Machine, "id" | "hardware">,
  partitionId: string,
): Promise<string> {
  await assertNotElsewhere(tx, id, partitionId);
  const switches = await Array.fromAsync(
    every(tx.switch, "switch", { where: { partition: partitionId } }),
  );
  const nics = hardware?.nics ?? [];
  const { rackId, both } = connectMachine({ id, nics }, switches.map(switchFacts));
  for (const {
    switch: { id: switchId },
    connections,
  } of both) {
    const one = switches.find((known) => known.id === switchId);
    const ports = connectionMessages(connections);
    if (one !== undefined && reconnect(one, id, ports)) await tx.switch.update(one);
  }
  return rackId;
}

async function assertNotElsewhere(
  tx: Pick<Transaction, "switch">,
  machine: string,
  partitionId: string,
): Promise<void> {
  for await (const one of every(tx.switch, "switch", { where: { machine } }))
    if (one.partitionId !== partitionId)
      throw precondition(
        `machine "${machine}" is plugged into switch "${one.id}" in partition "${one.partitionId}"; delete it to register it elsewhere`,
      );
}

/** Replaces the connections of a machine with a switch; false if they are the same already. */
function reconnect(one: Switch, machineId: string, ports: readonly SwitchConnection[]): boolean {
  const [own, others] = [
    one.connections.filter((connection) => connection.machineId === machineId),
    one.connections.filter((connection) => connection.machineId !== machineId),
  ];
  if (keysOf(own) === keysOf(ports)) return false;
  one.connections = [...others, ...ports].toSorted((a, b) => ascending(a.machineId, b.machineId));
  return true;
}

function keysOf(connections: readonly SwitchConnection[]): string {
  const keys = connections.map(({ nic }) => (nic === undefined ? [] : [portKey(nic), nic.name]));
  return JSON.stringify(keys.toSorted((a, b) => ascending(a.join(), b.join())));
}
