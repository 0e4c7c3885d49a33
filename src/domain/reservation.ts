// What projects have reserved of the machines of one size in one partition, and what of it they have not used yet.

/** So many machines are kept for a project. It may have several reservations, which add up. */
export interface Reservation {
  readonly projectId: string;
  readonly amount: number;
}

/** How many machines each project has. Projects without machines may be left out. */
export type Usage = ReadonlyMap<string, number>;

/** What a project has reserved in all, and how much of it is in use. */
export interface Holding {
  readonly reserved: number;
  /** At most `reserved`: machines beyond that use up nobody's reservation. */
  readonly used: number;
}

/** By project, those with reservations only. */
export function holdings(reservations: readonly Reservation[], usage: Usage): Map<string, Holding> {
  const sums = new Map<string, number>();
  for (const { projectId, amount } of reservations)
    sums.set(projectId, (sums.get(projectId) ?? 0) + amount);
  return new Map(
    Array.from(sums, ([projectId, reserved]) => {
      const used = Math.min(usage.get(projectId) ?? 0, reserved);
      return [projectId, { reserved, used }];
    }),
  );
}

/** How many machines must stay free for projects other than this one. */
export function heldForOthers(held: ReadonlyMap<string, Holding>, projectId: string): number {
  return Array.from(held)
    .filter(([other]) => other !== projectId)
    .reduce((sum, [, { reserved, used }]) => sum + reserved - used, 0);
}

/** What a project asks for one machine of. */
export interface Demand {
  readonly projectId: string;
  /** How many machines could be taken. */
  readonly available: number;
  readonly reservations: readonly Reservation[];
  readonly usage: Usage;
}

/**
 * Whether the project may take one of the available machines: it has not used up what it reserved itself, or one is
 * left beyond what is held for others. The order of reservations does not matter.
 */
export function mayTake({ projectId, available, reservations, usage }: Demand): boolean {
  if (available === 0) return false;
  const held = holdings(reservations, usage);
  const own = held.get(projectId);
  if (own !== undefined && own.used < own.reserved) return true;
  return heldForOthers(held, projectId) < available;
}
