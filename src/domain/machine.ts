// Machines as they are kept: how one becomes known, and what everybody asks of it.
import { create } from "@bufbuild/protobuf";
import {
  type Machine,
  type MachineAllocation,
  MachineLedValue,
  MachineSchema,
  MachineStateValue,
} from "../../gen/metal/v1/machine_pb.ts";
import type { Transaction } from "../store/store.ts";
import { invalid, precondition } from "./errors.ts";

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The id of a machine by the UUID of its hardware, however that is written; undefined for what is no UUID. */
export function machineIdOf(text: string): string | undefined {
  const id = text.toLowerCase();
  return uuid.test(id) ? id : undefined;
}

/** The id of a machine by the UUID of its hardware. Throws invalid_argument. */
export function readMachineId(field: string, text: string): string {
  const id = machineIdOf(text);
  if (id === undefined) throw invalid(`${field}: "${text}" is no UUID`);
  return id;
}

/** What is known of a machine when nothing but its id is. */
export function newMachine(id: string): Machine {
  return create(MachineSchema, {
    id,
    state: { value: MachineStateValue.AVAILABLE },
    led: { value: MachineLedValue.UNSPECIFIED },
  });
}

/** The machine, which becomes known if it was not. */
export async function ensureMachine(
  tx: Pick<Transaction, "machine">,
  id: string,
): Promise<Machine> {
  return (await tx.machine.get(id)) ?? tx.machine.insert(newMachine(id));
}

/** Throws failed_precondition unless the machine is allocated. */
export function allocationOf({ id, allocation }: Machine): MachineAllocation {
  if (allocation === undefined) throw precondition(`machine "${id}" is not allocated`);
  return allocation;
}

/** Whether the machine must stay as it is. */
export const isLocked = ({ state }: Machine): boolean => state?.value === MachineStateValue.LOCKED;
