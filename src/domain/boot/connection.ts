// Plugs a machine that registers into the two switches that it sees.
import { create } from "@bufbuild/protobuf";
import type { Machine } from "../../../gen/metal/v1/machine_pb.ts";
import {
  type Switch,
  type SwitchConnection,
  SwitchConnectionSchema,
  SwitchMode,
  type SwitchNic,
  SwitchNicSchema,
} from "../../../gen/metal/v1/switch_pb.ts";
import type { Transaction } from "../../store/store.ts";
import { precondition } from "../errors.ts";
import { every } from "../every.ts";
import { ascending } from "../order.ts";
import { connectMachine } from "../switch-connect.ts";
import { portKey, type Switch as SwitchFacts } from "../switch-facts.ts";
import { isSwitchVendor } from "../switch-port.ts";

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
  const { rackId, both } = connectMachine({ id, nics }, switches.map(factsOf));
  for (const {
    switch: { id: switchId },
    connections,
  } of both) {
    const one = switches.find((known) => known.id === switchId);
    const ports = connections.map(({ nic }) => connectionOf(nic, id));
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

function factsOf(one: Switch): SwitchFacts<SwitchNic> {
  const { id, name, partitionId, rackId, os, mode, nics } = one;
  const vendor = os?.vendor ?? "";
  if (!isSwitchVendor(vendor))
    throw new Error(`switch "${id}" is of the unknown vendor "${vendor}"`);
  return {
    id,
    // A switch that tells no name has the one of its host as its id.
    name: name || id,
    partitionId,
    rackId,
    vendor,
    nics,
    mode: mode === SwitchMode.REPLACE ? "replace" : "operational",
    connections: one.connections.flatMap(({ nic, machineId }) =>
      nic === undefined ? [] : [{ nic, machineId }],
    ),
  };
}

/** What tells the port; what it is to be stands with the ports of the switch. */
function connectionOf({ mac, name, identifier }: SwitchNic, machineId: string): SwitchConnection {
  const nic = create(SwitchNicSchema, { mac, name, identifier });
  return create(SwitchConnectionSchema, { nic, machineId });
}

/** Replaces the connections of a machine with a switch; false if they are the same already. */
function reconnect(one: Switch, machineId: string, ports: readonly SwitchConnection[]): boolean {
  const [own, others] = [
    one.connections.filter((connection) => connection.machineId === machineId),
    one.connections.filter((connection) => connection.machineId !== machineId),
  ];
  if (keysOf(own) === keysOf(ports)) return false;
  one.connections = [...others, ...ports].toSorted(
    (a, b) => ascending(a.machineId, b.machineId) || ascending(nameOf(a), nameOf(b)),
  );
  return true;
}

const nameOf = ({ nic }: SwitchConnection): string => nic?.name ?? "";

function keysOf(connections: readonly SwitchConnection[]): string {
  const keys = connections.map(({ nic }) => (nic === undefined ? [] : [portKey(nic), nic.name]));
  return JSON.stringify(keys.toSorted((a, b) => ascending(a.join(), b.join())));
}
