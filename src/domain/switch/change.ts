// What operators do with switches, beside changing their descriptions: migrate, delete, switch ports.
import { type Switch, SwitchMode, SwitchPortState } from "../../../gen/metal/v1/switch_pb.ts";
import type { Transaction } from "../../store/store.ts";
import { found } from "../entity.ts";
import { notFound, precondition } from "../errors.ts";
import { bootVrf } from "../machine-port.ts";
import { portKey } from "../switch-facts.ts";
import { connectionMessages, switchFacts } from "../switch-message.ts";
import { desirePort } from "../switch-port-state.ts";
import { migrateSwitch } from "../switch-replace.ts";
import { loseSight, moveMachines } from "./neighbor.ts";
import { portStateNumber, portStateOf } from "./port-status.ts";

/** Moves everything that is connected with one switch to another one, which is returned. Throws as `migrateSwitch`. */
export async function migrate(
  tx: Transaction,
  { from, to }: { readonly from: string; readonly to: string },
): Promise<Switch> {
  const source = await found(tx.switch, "switch", from);
  const target = await found(tx.switch, "switch", to);
  const { nics, connections, moves } = migrateSwitch(switchFacts(source), switchFacts(target));
  source.connections = [];
  for (const nic of source.nics) nic.vrf = bootVrf;
  await tx.switch.update(source);
  await moveMachines(tx, moves);
  target.nics = [...nics];
  target.connections = connectionMessages(connections);
  target.mode = SwitchMode.OPERATIONAL;
  return tx.switch.update(target);
}

/** Deletes a switch with what it reported. Throws not_found, and failed_precondition while it has machines. */
export async function deleteSwitch(
  tx: Transaction,
  { id, force }: { readonly id: string; readonly force: boolean },
): Promise<Switch> {
  const one = await found(tx.switch, "switch", id);
  const machines = new Set(one.connections.map(({ machineId }) => machineId)).size;
  if (machines > 0 && !force)
    throw precondition(`switch "${id}" is connected with ${machines} machines`);
  await loseSight(tx, one);
  await tx.switch.delete(id);
  if ((await tx.switchStatus.get(id)) !== undefined) await tx.switchStatus.delete(id);
  return one;
}

/** A port to be switched on or off. */
export interface PortWish {
  readonly id: string;
  /** Upper and lower case are the same. */
  readonly nic: string;
  readonly desired: "UP" | "DOWN";
}

/**
 * Lets a port become up or down with the next synchronization. Throws not_found, and failed_precondition for a port
 * without a machine: it may lead to another switch.
 */
export async function togglePort(tx: Transaction, wish: PortWish): Promise<Switch> {
  const one = await found(tx.switch, "switch", wish.id);
  const nic = one.nics.find(({ name }) => name.toLowerCase() === wish.nic.toLowerCase());
  if (nic === undefined) throw notFound(`no port "${wish.nic}" of switch "${wish.id}"`);
  const connected = one.connections.some((c) => c.nic && portKey(c.nic) === portKey(nic));
  if (!connected)
    throw precondition(`no machine is connected with port "${nic.name}" of switch "${wish.id}"`);
  const status = await tx.switchStatus.get(wish.id);
  const before = portStateOf(nic, status);
  const { desired } = desirePort(before, wish.desired);
  const after = desired === undefined ? SwitchPortState.UNSPECIFIED : portStateNumber(desired);
  if (after === nic.desired) return one;
  nic.desired = after;
  return tx.switch.update(one);
}
