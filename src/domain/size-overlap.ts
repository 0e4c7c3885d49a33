// Whether two sizes could be confused: sizes overlap if some hardware has both, for such a machine would have none.
import { type Glob, globsIntersect } from "./glob.ts";
import { type ConstraintType, constraintTypes, type Size, type SizeConstraint } from "./size.ts";
import { identifierGlob } from "./size-match.ts";

/** A constraint with its identifier read. */
interface Counter extends SizeConstraint {
  readonly glob: Glob;
}

/** A constraint among those of its type. */
interface Demand {
  readonly counter: Counter;
  /** The constraints of the same size that can count a device that this one counts; itself is one of them. */
  readonly rivals: ReadonlySet<Counter>;
  /** The constraints of the other size that can. */
  readonly partners: readonly Counter[];
}

/** Up to this many constraints of one type in one size, all groups of them are looked at; beyond, each alone. */
const maxGroupedConstraints = 10;

/** The first of the sizes that overlaps `size`, other than the one with its id; undefined if none does. */
export function findOverlap<S extends Size>(size: Size, sizes: readonly S[]): S | undefined {
  return sizes.find(
    (other) => other.id !== size.id && sizesOverlap(size.constraints, other.constraints),
  );
}

/**
 * Is there hardware that matches both sizes? Symmetric. Looked at is hardware with a device of every type that one of
 * them constrains. (A machine without any disk matches both of two sizes whose disks, however different, may add up to
 * 0; that does not make the sizes alike.) Hence sizes that constrain different types do not overlap, and a size without
 * constraints overlaps nothing. Types that neither constrains are left out.
 *
 * No is always right. So is yes, unless a size has constraints of a type that can count the same device, more than 10
 * of a type, or none but 0 GPUs: then sizes that only almost overlap may be reported too.
 */
export function sizesOverlap(a: readonly SizeConstraint[], b: readonly SizeConstraint[]): boolean {
  const types = constraintTypes.filter((type) => [...a, ...b].some((one) => one.type === type));
  return types.length > 0 && types.every((type) => typesOverlap(ofType(a, type), ofType(b, type)));
}

function ofType(constraints: readonly SizeConstraint[], type: ConstraintType): readonly Counter[] {
  return constraints
    .filter((constraint) => constraint.type === type)
    .map((constraint) => ({ ...constraint, glob: identifierGlob(constraint.identifier) }));
}

/** Can devices of one type meet both lists at once, each device being counted by both? */
function typesOverlap(a: readonly Counter[], b: readonly Counter[]): boolean {
  const [demandsOfA, demandsOfB] = [demands(a, b), demands(b, a)];
  const share = demandsOfA.some(({ partners }) => partners.length > 0);
  return share && canBeMet(demandsOfA) && canBeMet(demandsOfB);
}

function demands(own: readonly Counter[], others: readonly Counter[]): readonly Demand[] {
  return own.map((counter) => ({
    counter,
    rivals: new Set(own.filter(({ glob }) => globsIntersect(counter.glob, glob))),
    partners: others.filter(({ glob }) => globsIntersect(counter.glob, glob)),
  }));
}

/**
 * Whatever a group of constraints counts, their partners count too. So if no device is counted twice within the group,
 * its least amounts must fit into the greatest ones of the partners. If neither size counts a device twice, this is a
 * flow with bounds on its nodes, and holding for all groups in both directions it is also sufficient (Hoffman's
 * circulation theorem; whole amounts suffice).
 */
function canBeMet(all: readonly Demand[]): boolean {
  return groups(all).every((group) => {
    const partners = new Set(group.flatMap((demand) => demand.partners));
    return (
      sum(group.map(({ counter }) => counter.min)) <= sum(Array.from(partners, ({ max }) => max))
    );
  });
}

/** All sets of constraints of which no two can count the same device. */
function groups(all: readonly Demand[]): readonly (readonly Demand[])[] {
  if (all.length > maxGroupedConstraints) return all.map((demand) => [demand]);
  return all.reduce<readonly (readonly Demand[])[]>(
    (found, demand) => {
      const free = found.filter((group) => group.every((one) => !demand.rivals.has(one.counter)));
      return [...found, ...free.map((group) => [...group, demand])];
    },
    [[]],
  );
}

const sum = (amounts: readonly bigint[]): bigint => amounts.reduce((a, b) => a + b, 0n);
