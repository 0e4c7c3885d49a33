// Switches between their messages and the rules about them.
import { create } from "@bufbuild/protobuf";
import {
  type Switch as SwitchMessage,
  type SwitchConnection,
  SwitchConnectionSchema,
  SwitchMode,
  type SwitchNic,
  SwitchNicSchema,
} from "../../gen/metal/v1/switch_pb.ts";
import { ascending } from "./order.ts";
import type { Connection, Port, Switch } from "./switch-facts.ts";
import { isSwitchVendor } from "./switch-port.ts";

/** A switch as its rules see it. */
export function switchFacts(one: SwitchMessage): Switch<SwitchNic> {
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

/** Connections as they are kept: ordered, and with what tells the port. What it is to be stands with the ports. */
export function connectionMessages(connections: readonly Connection<Port>[]): SwitchConnection[] {
  return connections
    .map(({ nic: { mac, name, identifier }, machineId }) => {
      const nic = create(SwitchNicSchema, { mac, name, identifier });
      return create(SwitchConnectionSchema, { nic, machineId });
    })
    .toSorted((a, b) => ascending(a.machineId, b.machineId) || ascending(nameOf(a), nameOf(b)));
}

const nameOf = ({ nic }: SwitchConnection): string => nic?.name ?? "";
