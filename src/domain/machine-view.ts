// Machines as they are shown: with what they went through lately, which is kept beside them.
import { create } from "@bufbuild/protobuf";
import type { MachineHistory } from "../../gen/metal/store/v1/machine_pb.ts";
import {
  type Machine,
  type MachineEvents,
  MachineEventsSchema,
  MachineLiveliness,
} from "../../gen/metal/v1/machine_pb.ts";
import type { Snapshot } from "../store/store.ts";

/** So many events are shown. */
const shownEvents = 20;

/** The machines with their liveliness and newest events. */
export async function viewMachines(
  read: Pick<Snapshot, "machineHistory">,
  machines: readonly Machine[],
): Promise<Machine[]> {
  const histories = await read.machineHistory.peekSome(machines.map(({ id }) => id));
  return machines.map((machine) => withHistory(machine, histories.get(machine.id)));
}

/** The machine with its liveliness and newest events; what was never heard of has none. */
export async function viewMachine(
  read: Pick<Snapshot, "machineHistory">,
  machine: Machine,
): Promise<Machine> {
  return withHistory(machine, await read.machineHistory.peek(machine.id));
}

interface Shown {
  readonly history: MachineHistory | undefined;
  readonly machine: Machine;
}

/** Many look at the same machine, and see the same as long as it is what it was. */
const shown = new WeakMap<Machine, Shown>();

/**
 * The machine with its liveliness and newest events, of what is kept of it. What is made of what is frozen is
 * frozen, and the same for all.
 */
export function withHistory(machine: Machine, history: MachineHistory | undefined): Machine {
  const known = shown.get(machine);
  if (known !== undefined && known.history === history) return known.machine;
  const { liveliness = MachineLiveliness.UNSPECIFIED, events } = history ?? {};
  const made = { ...machine, liveliness, events: newest(events) };
  if (!Object.isFrozen(machine) || (history && !Object.isFrozen(history))) return made;
  for (const part of [made.events.log, made.events, made]) Object.freeze(part);
  shown.set(machine, { history, machine: made });
  return made;
}

function newest(events = create(MachineEventsSchema)): MachineEvents {
  if (events.log.length <= shownEvents) return events;
  return { ...events, log: events.log.slice(0, shownEvents) };
}
