// What machines see of switches, changed together with the switches.
import type { Machine } from "../../../gen/metal/v1/machine_pb.ts";
import type { Switch } from "../../../gen/metal/v1/switch_pb.ts";
import type { Transaction } from "../../store/store.ts";
import { portKey } from "../switch-facts.ts";
import { type Move, moveNeighbors } from "../switch-replace.ts";

type Machines = Pick<Transaction, "machine">;

/** Lets machines see the ports that they were moved to. */
export async function moveMachines(tx: Machines, moves: readonly Move[]): Promise<void> {
  for (const [id, own] of Map.groupBy(moves, ({ machineId }) => machineId)) {
    const machine = await tx.machine.get(id);
    if (machine?.hardware === undefined) continue;
    machine.hardware.nics = moveNeighbors(machine.hardware.nics, own);
    await tx.machine.update(machine);
  }
}

/** Lets machines that are connected with a switch see it no more. */
export async function loseSight(tx: Machines, one: Switch): Promise<void> {
  const keys = new Set(one.nics.map(portKey));
  const name = one.name || one.id;
  for (const id of new Set(one.connections.map(({ machineId }) => machineId))) {
    const machine = await tx.machine.get(id);
    if (machine !== undefined && forget(machine, { name, keys })) await tx.machine.update(machine);
  }
}

function forget(
  { hardware }: Machine,
  { name, keys }: { readonly name: string; readonly keys: ReadonlySet<string> },
): boolean {
  const nics = hardware?.nics ?? [];
  const before = nics.flatMap(({ neighbors }) => neighbors).length;
  for (const nic of nics)
    nic.neighbors = nic.neighbors.filter((neighbor) => {
      const seen = neighbor.hostname === name || neighbor.hostname === "";
      return !seen || !keys.has(portKey(neighbor));
    });
  return nics.flatMap(({ neighbors }) => neighbors).length < before;
}
