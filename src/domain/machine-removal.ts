// Forgets a machine with all that is kept of it.
import { type Machine, MachineLiveliness } from "../../gen/metal/v1/machine_pb.ts";
import type { Kind } from "../store/entities.ts";
import type { Transaction, Writer } from "../store/store.ts";
import { forgetCommands } from "./bmc-command.ts";
import { found } from "./entity.ts";
import { precondition } from "./errors.ts";
import { every } from "./every.ts";
import { isLocked } from "./machine.ts";
import { viewMachine } from "./machine-view.ts";

/** What is kept under the id of a machine beside the machine itself. */
const companions = ["machineHistory", "machineBmc", "machineWait", "machineSecret"] as const;

/**
 * Forgets a machine and returns what it was. Throws not_found, and failed_precondition if it is allocated, locked or
 * alive.
 */
export async function forgetMachine(tx: Transaction, id: string): Promise<Machine> {
  const machine = await viewMachine(tx, await found(tx.machine, "machine", id));
  assertForgettable(machine);
  await unplug(tx, id);
  await forgetCommands(tx, id);
  for (const kind of companions) {
    const writer: Pick<Writer<Kind>, "get" | "delete"> = tx[kind];
    if ((await writer.get(id)) !== undefined) await writer.delete(id);
  }
  await tx.machine.delete(id);
  return machine;
}

function assertForgettable(machine: Machine): void {
  const { id, allocation, liveliness } = machine;
  if (allocation !== undefined)
    throw precondition(`machine "${id}" is allocated to project "${allocation.projectId}"`);
  if (isLocked(machine))
    throw precondition(`machine "${id}" is locked: ${machine.state?.description}`);
  if (liveliness === MachineLiveliness.ALIVE)
    throw precondition(`machine "${id}" is alive, and would only become known again`);
}

/** Takes the machine off all switches, in whatever rack. */
async function unplug(tx: Pick<Transaction, "switch">, machine: string): Promise<void> {
  const switches = await Array.fromAsync(every(tx.switch, "switch", { where: { machine } }));
  for (const one of switches) {
    const connections = one.connections.filter(({ machineId }) => machineId !== machine);
    await tx.switch.update({ ...one, connections });
  }
}
