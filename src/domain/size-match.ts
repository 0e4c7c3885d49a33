// Which size the hardware of a machine has.
import { anyText, type Glob, globMatches, parseGlob } from "./glob.ts";
import { type ConstraintType, constraintTypes, type Size, type SizeConstraint } from "./size.ts";

/** The hardware of a machine, as far as sizes look at it. */
export interface Hardware {
  readonly cpus: readonly { readonly model: string; readonly cores: number }[];
  /** Bytes. */
  readonly memory: bigint;
  /** Names as registered, sizes in bytes. */
  readonly disks: readonly { readonly name: string; readonly size: bigint }[];
  readonly gpus: readonly { readonly model: string; readonly vendor?: string }[];
}

/** One device in the terms of a constraint. */
interface Device {
  readonly name: string;
  readonly amount: bigint;
}

const devices: Readonly<Record<ConstraintType, (hardware: Hardware) => readonly Device[]>> = {
  cores: ({ cpus }) => cpus.map(({ model, cores }) => ({ name: model, amount: BigInt(cores) })),
  memory: ({ memory }) => [{ name: "", amount: memory }],
  storage: ({ disks }) => disks.map(({ name, size }) => ({ name, amount: size })),
  gpu: ({ gpus }) => gpus.map(({ model }) => ({ name: model, amount: 1n })),
};

/** The names of the devices that constraints of this type look at, one for each device. */
export function deviceNames(hardware: Hardware, type: ConstraintType): readonly string[] {
  return devices[type](hardware).map(({ name }) => name);
}

/** What an identifier of a constraint stands for. Throws invalid_argument if it is no glob. */
export function identifierGlob(identifier: string): Glob {
  return identifier === "" ? anyText : parseGlob(identifier);
}

type Selector = Pick<SizeConstraint, "type" | "identifier">;

/** What the devices amount to that a constraint counts, in the unit of its bounds. */
export function hardwareAmount(hardware: Hardware, { type, identifier }: Selector): bigint {
  const glob = identifierGlob(identifier);
  return devices[type](hardware)
    .filter(({ name }) => globMatches(glob, name))
    .reduce((sum, { amount }) => sum + amount, 0n);
}

/**
 * Does the hardware have the size? All constraints must hold, and each CPU, disk and GPU as well as the memory must be
 * counted by one of them: a size names everything that is in its machines. Hence a size that does not constrain memory,
 * which every machine has, matches nothing, and least of all one without constraints.
 */
export function matchesSize(constraints: readonly SizeConstraint[], hardware: Hardware): boolean {
  return (
    constraints.every((constraint) => holds(constraint, hardware)) &&
    constraintTypes.every((type) => isCovered(constraints, hardware, type))
  );
}

function holds(constraint: SizeConstraint, hardware: Hardware): boolean {
  const amount = hardwareAmount(hardware, constraint);
  return constraint.min <= amount && amount <= constraint.max;
}

function isCovered(
  constraints: readonly SizeConstraint[],
  hardware: Hardware,
  type: ConstraintType,
): boolean {
  const globs = constraints
    .filter((constraint) => constraint.type === type)
    .map(({ identifier }) => identifierGlob(identifier));
  return deviceNames(hardware, type).every((name) => globs.some((glob) => globMatches(glob, name)));
}

/** The size of a machine: only `one` is an answer, otherwise the machine's size is unknown. */
export type SizeMatch<S> =
  | { readonly kind: "one"; readonly size: S }
  | { readonly kind: "none" }
  | { readonly kind: "several"; readonly sizes: readonly S[] };

/** Which of the sizes the hardware has. Constraints must be valid, see `assertSize`. */
export function matchHardware<S extends Size>(
  sizes: readonly S[],
  hardware: Hardware,
): SizeMatch<S> {
  const matching = sizes.filter(({ constraints }) => matchesSize(constraints, hardware));
  const [size, ...others] = matching;
  if (size === undefined) return { kind: "none" };
  return others.length === 0 ? { kind: "one", size } : { kind: "several", sizes: matching };
}
