// Sizes: classes of machines, told apart by constraints on their hardware. Here: what a size may consist of.
import { invalid } from "./errors.ts";
import { globFault } from "./glob.ts";

/** The kinds of hardware that a size constrains. */
export const constraintTypes = ["cores", "memory", "storage", "gpu"] as const;
export type ConstraintType = (typeof constraintTypes)[number];

/** What the hardware of one kind must amount to. */
export interface SizeConstraint {
  readonly type: ConstraintType;
  /** Least and greatest amount, both allowed: a number of cores or GPUs, bytes of memory or storage. */
  readonly min: bigint;
  readonly max: bigint;
  /**
   * Which devices are counted: a glob for the model of CPUs and GPUs, for the name of disks as registered (`/dev/sda`).
   * Empty counts all of them.
   */
  readonly identifier: string;
}

/** A size as far as its constraints go. */
export interface Size {
  readonly id: string;
  readonly constraints: readonly SizeConstraint[];
}

/** What a machine has whose hardware matches no size, or several; not the id of a size. */
export const unknownSize = "unknown";

/** A rule that a constraint violates. */
export interface ConstraintFault {
  /** Position of the constraint in its size, from 0. */
  readonly index: number;
  readonly field: keyof SizeConstraint;
  readonly reason: string;
}

interface TypeRule {
  readonly identifier: "optional" | "required" | "forbidden";
  /** May a size have several constraints of this type? */
  readonly many: boolean;
}

const typeRules: ReadonlyMap<string, TypeRule> = new Map<ConstraintType, TypeRule>([
  ["cores", { identifier: "optional", many: false }],
  ["memory", { identifier: "forbidden", many: false }],
  ["storage", { identifier: "optional", many: true }],
  ["gpu", { identifier: "required", many: true }],
]);

interface Candidate {
  readonly constraint: SizeConstraint;
  /** The constraints of the size that precede this one. */
  readonly earlier: readonly SizeConstraint[];
}

/** Each answers the reason why a constraint violates it, or undefined. */
const rules: readonly {
  readonly field: keyof SizeConstraint;
  readonly fault: (candidate: Candidate) => string | undefined;
}[] = [
  {
    field: "type",
    fault: ({ constraint: { type } }) =>
      typeRules.has(type)
        ? undefined
        : `no type "${type}", known are ${constraintTypes.join(", ")}`,
  },
  {
    field: "type",
    fault: ({ constraint: { type }, earlier }) =>
      typeRules.get(type)?.many === false && earlier.some((other) => other.type === type)
        ? `only one constraint of type "${type}" is possible`
        : undefined,
  },
  {
    field: "max",
    fault: ({ constraint: { min, max } }) =>
      max < min ? `max ${max} is less than min ${min}` : undefined,
  },
  {
    field: "identifier",
    fault: ({ constraint: { type, identifier } }) =>
      typeRules.get(type)?.identifier === "required" && identifier === ""
        ? `type "${type}" needs an identifier`
        : undefined,
  },
  {
    field: "identifier",
    fault: ({ constraint: { type, identifier } }) =>
      typeRules.get(type)?.identifier === "forbidden" && identifier !== ""
        ? `type "${type}" has no identifier`
        : undefined,
  },
  { field: "identifier", fault: ({ constraint }) => globFault(constraint.identifier) },
];

/** Everything that is wrong with the constraints of a size, in their order; empty if nothing is. */
export function constraintFaults(constraints: readonly SizeConstraint[]): ConstraintFault[] {
  return constraints.flatMap((constraint, index) =>
    rules.flatMap(({ field, fault }) => {
      const reason = fault({ constraint, earlier: constraints.slice(0, index) });
      return reason === undefined ? [] : [{ index, field, reason }];
    }),
  );
}

/** Throws invalid_argument naming all violated rules, or that the id is the reserved {@link unknownSize}. */
export function assertSize({ id, constraints }: Size): void {
  if (id === unknownSize) throw invalid(`size id "${unknownSize}" is reserved`);
  const faults = constraintFaults(constraints).map(
    ({ index, field, reason }) => `constraint at index ${index}, ${field}: ${reason}`,
  );
  if (faults.length > 0) throw invalid(faults.join("; "));
}
