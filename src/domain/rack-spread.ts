// Spreads the machines of a project over racks, so that the loss of one rack costs it as little as possible.

/** A rack in which there are machines to be had. */
export interface Rack {
  /** How many machines are to be had there. */
  readonly free: number;
  /** How many the project has there, of the same size and role. */
  readonly own: number;
  /** How many placement tags these share with the one that is asked for, those that several have counted each time. */
  readonly shared: number;
}

/**
 * The racks to prefer, in their order: those with the fewest of the given tags and the fewest machines of the project.
 * If no rack has both, tags matter more.
 */
export function bestRacks<R extends Rack>(racks: readonly R[]): readonly R[] {
  const byTags = least(racks, ({ shared }) => shared);
  const byProject = new Set(least(racks, ({ own }) => own));
  const both = byTags.filter((rack) => byProject.has(rack));
  return both.length > 0 ? both : byTags;
}

function least<R>(racks: readonly R[], weightOf: (rack: R) => number): readonly R[] {
  const weights = racks.map(weightOf);
  const lowest = Math.min(...weights);
  return racks.filter((_, index) => weights[index] === lowest);
}

/**
 * One of the racks: each of their machines has the same chance. `random` returns at least 0 and less than 1. There must
 * be one.
 */
export function drawRack<R extends Rack>(racks: readonly R[], random: () => number): R {
  let left = random() * racks.reduce((sum, { free }) => sum + free, 0);
  const drawn = racks.find(({ free }) => (left -= free) < 0);
  if (drawn === undefined) throw new Error("random answered something that is not in [0, 1)");
  return drawn;
}
