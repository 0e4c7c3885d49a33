// Sizes and hardware between their messages and the rules about them.
import { create } from "@bufbuild/protobuf";
import type { MachineHardware } from "../../gen/metal/v1/machine_pb.ts";
import {
  type Size as SizeMessage,
  type SizeConstraint as ConstraintMessage,
  SizeConstraintSchema,
  SizeConstraintType,
  type SizeHardware,
} from "../../gen/metal/v1/size_pb.ts";
import { constraintTypes, type Size, type SizeConstraint } from "./size.ts";
import type { Hardware } from "./size-match.ts";

/** A size as its rules see it. */
export function sizeRules({ id, constraints }: SizeMessage): Size {
  return { id, constraints: constraints.map(constraintRules) };
}

function constraintRules({ type, min, max, identifier }: ConstraintMessage): SizeConstraint {
  const word = constraintTypes[type - 1];
  if (word === undefined) throw new Error(`a stored constraint has the unknown type ${type}`);
  return { type: word, min, max, identifier };
}

const numbers = {
  cores: SizeConstraintType.CORES,
  memory: SizeConstraintType.MEMORY,
  storage: SizeConstraintType.STORAGE,
  gpu: SizeConstraintType.GPU,
} as const;

/** A constraint as a message. */
export function constraintMessage({ type, ...bounds }: SizeConstraint): ConstraintMessage {
  return create(SizeConstraintSchema, { type: numbers[type], ...bounds });
}

/** Hardware as sizes look at it. */
export function sizedHardware({
  cpus,
  memory,
  disks,
  gpus,
}: SizeHardware | MachineHardware): Hardware {
  return { cpus, memory, disks, gpus };
}
