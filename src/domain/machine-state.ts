// What operators say may be done with a machine.
import { create } from "@bufbuild/protobuf";
import {
  type Machine,
  MachineStateSchema,
  MachineStateValue,
} from "../../gen/metal/v1/machine_pb.ts";
import { invalid, precondition } from "./errors.ts";
import { isLocked } from "./machine.ts";

/** A state, why, and who says so. */
export interface StateChange {
  readonly value: MachineStateValue;
  readonly description: string;
  /** The id of a caller. */
  readonly issuer: string;
}

const { AVAILABLE, LOCKED } = MachineStateValue;

/**
 * Changes the state of a machine; what registered it stays known. Throws invalid_argument unless it is said why a machine
 * is not available, and failed_precondition if a locked machine is to be less than locked without being released first.
 */
export function setState(machine: Machine, { value, description, issuer }: StateChange): void {
  if (value !== AVAILABLE && description.trim() === "")
    throw invalid("description: must say why, unless the machine becomes available");
  if (isLocked(machine) && value !== AVAILABLE && value !== LOCKED)
    throw precondition(
      `machine "${machine.id}" is locked: ${machine.state?.description}; make it available first`,
    );
  const by = value === AVAILABLE ? "" : issuer;
  machine.state ??= create(MachineStateSchema);
  Object.assign(machine.state, { value, description, issuer: by });
}
