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
export function viewMachines(
  read: Pick<Snapshot, "machineHistory">,
  machines: readonly Machine[],
): Promise<Machine[]> {
  return Promise.all(machines.map((machine) => viewMachine(read, machine)));
}

/** The machine with its liveliness and newest events; what was never heard of has none. */
export async function viewMachine(
  read: Pick<Snapshot, "machineHistory">,
  machine: Machine,
): Promise<Machine> {
  return withHistory(machine, await read.machineHistory.peek(machine.id));
}

/** The machine with its liveliness and newest events, of what is kept of it. */
export function withHistory(machine: Machine, history: MachineHistory | undefined): Machine {
  const { liveliness = MachineLiveliness.UNSPECIFIED, events } = history ?? {};
  return { ...machine, liveliness, events: newest(events) };
}

function newest(events = create(MachineEventsSchema)): MachineEvents {
  if (events.log.length <= shownEvents) return events;
  return { ...events, log: events.log.slice(0, shownEvents) };
}
