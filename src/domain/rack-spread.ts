// Spreads the machines of a project over racks, so that the loss of one rack costs it as little as possible.

/** A machine that a project has already. */
export interface Neighbour {
  /** Empty if it is not known. */
  readonly rackId: string;
  /** What it was asked to keep apart from when it was allocated. */
  readonly placementTags: readonly string[];
}

/** What counts: the other machines of the project, of the same size and role, and what is to be kept apart. */
export interface Surroundings {
  readonly neighbours: readonly Neighbour[];
  /** Without any, only the number of machines counts. */
  readonly placementTags: readonly string[];
}

/**
 * The machines that are in the racks to prefer, in their order: in a rack with the fewest of the given tags and the
 * fewest machines of the project. If no rack has both, tags matter more.
 */
export function spread<M extends { readonly rackId: string }>(
  machines: readonly M[],
  { neighbours, placementTags }: Surroundings,
): readonly M[] {
  const racks = new Set(machines.map(({ rackId }) => rackId));
  const wanted = new Set(placementTags);
  const byTags = emptiest(racks, neighbours, (one) => shared(wanted, tagsOf(one)).size);
  const byProject = emptiest(racks, neighbours, () => 1);
  const both = shared(byTags, byProject);
  const winners = both.size > 0 ? both : byTags;
  return machines.filter(({ rackId }) => winners.has(rackId));
}

function tagsOf({ placementTags }: Neighbour): ReadonlySet<string> {
  return new Set(placementTags);
}

function shared(a: ReadonlySet<string>, b: ReadonlySet<string>): ReadonlySet<string> {
  return new Set(Array.from(a).filter((one) => b.has(one)));
}

/** The racks whose machines weigh least. */
function emptiest(
  racks: ReadonlySet<string>,
  neighbours: readonly Neighbour[],
  weightOf: (neighbour: Neighbour) => number,
): ReadonlySet<string> {
  const weights = new Map(Array.from(racks, (rack) => [rack, 0]));
  for (const neighbour of neighbours) {
    const weight = weights.get(neighbour.rackId);
    if (weight !== undefined) weights.set(neighbour.rackId, weight + weightOf(neighbour));
  }
  const least = Math.min(...weights.values());
  return new Set(Array.from(racks).filter((rack) => weights.get(rack) === least));
}
