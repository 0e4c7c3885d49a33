// The machines that a project could get, best first: by racks, whose machines are counted and not read. However many
// machines there are, a choice reads those of one rack, and not all of them.
import type { Machine } from "../../../gen/metal/v1/machine_pb.ts";
import { inAnyRack, inRack, placeOf } from "../../store/machine-place.ts";
import type { Counted, Transaction } from "../../store/store.ts";
import { bestRacks, drawRack, type Rack } from "../rack-spread.ts";
import type { AllocationSpec } from "./spec.ts";
import type { Target } from "./target.ts";

/** So many racks are compared, in the order of their ids. */
const racksAtOnce = 64;
/** So many machines of a rack are read at a time. */
const machinesAtOnce = 16;
/** After so many machines that turn out to be none, the search is given up. */
const candidateLimit = 2_000;

/** Candidates of all racks, at most 2000. `random` returns at least 0 and less than 1. */
export async function* candidates(
  tx: Transaction,
  spec: AllocationSpec,
  { target, random }: { readonly target: Target; readonly random: () => number },
): AsyncGenerator<Machine> {
  let looked = 0;
  for await (const { freeIn } of racksInTurn(tx, spec, { target, random }))
    for await (const machine of machinesIn(tx, freeIn, random)) {
      yield machine;
      looked += 1;
      if (looked === candidateLimit) return;
    }
}

/** A rack, and the term that its free machines are found by. */
interface FreeRack extends Rack {
  readonly freeIn: string;
}

interface Choice {
  readonly target: Target;
  readonly random: () => number;
}

async function* racksInTurn(
  tx: Transaction,
  spec: AllocationSpec,
  { target, random }: Choice,
): AsyncGenerator<FreeRack> {
  for await (const page of racksOf(tx, spec, target))
    for (let left = page; left.length > 0; ) {
      const rack = drawRack(bestRacks(left), random);
      yield rack;
      left = left.filter((other) => other !== rack);
    }
}

/** The racks that have free machines, some at a time. */
async function* racksOf(
  tx: Transaction,
  { projectId, role, placementTags }: AllocationSpec,
  { sizeId, partition }: Target,
): AsyncGenerator<FreeRack[]> {
  const place = { partitionId: partition.id, sizeId };
  const prefix = inAnyRack(placeOf(place));
  const own = placeOf(place, projectId, `${role}`);
  const tagged = [...new Set(placementTags)].map((tag) =>
    placeOf(place, projectId, `${role}`, tag),
  );
  for (let after: string | undefined = ""; after !== undefined; ) {
    const page = { prefix, ...(after && { after }), limit: racksAtOnce };
    const found: readonly Counted[] = await tx.machine.values("freeIn", page);
    const racks = found.map(({ value }) => value.slice(prefix.length));
    const owned = await tx.machine.counts(
      "heldIn",
      racks.map((rack) => inRack(own, rack)),
    );
    const shared = await sharedIn(tx, racks, tagged);
    yield found.map(({ value, count }, index) => ({
      freeIn: value,
      free: count,
      own: owned[index] ?? 0,
      shared: shared[index] ?? 0,
    }));
    after = found.length === racksAtOnce ? found.at(-1)?.value : undefined;
  }
}

/** How many of the tags are there, rack by rack. */
async function sharedIn(
  tx: Transaction,
  racks: readonly string[],
  tagged: readonly string[],
): Promise<number[]> {
  const sums = racks.map(() => 0);
  for (const tag of tagged) {
    const places = racks.map((rack) => inRack(tag, rack));
    for (const [index, count] of (await tx.machine.counts("apart", places)).entries())
      sums[index] = (sums[index] ?? 0) + count;
  }
  return sums;
}

/** The free machines of a rack, each time one of some. */
async function* machinesIn(
  tx: Transaction,
  freeIn: string,
  random: () => number,
): AsyncGenerator<Machine> {
  for (let after: string | undefined = ""; after !== undefined; ) {
    const page: Machine[] = await tx.machine.list({
      where: { freeIn },
      after,
      limit: machinesAtOnce,
    });
    after = page.length === machinesAtOnce ? page.at(-1)?.id : undefined;
    while (page.length > 0) yield* page.splice(Math.floor(random() * page.length), 1);
  }
}
