// One copy of the audit: whether the records before each seal are those that the seal lists, in its order.
import type { Fault, Tell } from "./finding.ts";
import type { RecordLine, SealLine } from "./line.ts";
import { type Leaf, rootOf } from "./link.ts";

/** What a copy has of the records of a seal. */
export interface Held {
  /** How many are there, as they were sealed. */
  readonly whole: number;
  /** The trace ids of those that are not there. */
  readonly absent: readonly string[];
}

/** Checks a copy line by line. */
export class CopyCheck {
  readonly #tell: Tell;
  /** The hashes of records whose seal is still to come, by trace id. */
  readonly #pending = new Map<string, string>();

  constructor(tell: Tell) {
    this.#tell = tell;
  }

  /** Takes a record. A copy that broke off was begun again: what it had already is there twice, and the same. */
  record({ traceId, hash }: RecordLine): void {
    const before = this.#pending.get(traceId);
    if (before !== undefined && before !== hash)
      this.#tell("altered", `record ${traceId} is there twice, and not the same`);
    this.#pending.delete(traceId);
    this.#pending.set(traceId, hash);
  }

  /** Takes a seal and the records before it. */
  seal(seal: SealLine): Held {
    const { number, root, leaves } = seal;
    if (leaves.length > 0 && rootOf(leaves) !== root) this.#tell(...listFault(seal));
    const found = this.#take(leaves);
    this.end();
    const there = found.filter(({ place }) => place !== undefined);
    const altered = there.filter(({ leaf, hash }) => leaf.hash !== hash);
    for (const { leaf } of altered)
      this.#tell("altered", `record ${leaf.traceId} of seal ${number} was altered`);
    if (there.some(({ place = 0 }, index) => place < (there[index - 1]?.place ?? 0)))
      this.#tell("reordered", `the records of seal ${number} are not in their order`);
    const absent = found.filter(({ place }) => place === undefined);
    return {
      whole: there.length - altered.length,
      absent: absent.map(({ leaf }) => leaf.traceId),
    };
  }

  /** What has no seal until here has none. */
  end(): void {
    for (const traceId of this.#pending.keys())
      this.#tell("inserted", `record ${traceId} is in no seal that follows it`);
    this.#pending.clear();
  }

  /** The records of these leaves and their places among those that came since the seal before. */
  #take(leaves: readonly Leaf[]) {
    const places = new Map(Array.from(this.#pending.keys(), (id, place) => [id, place]));
    return leaves.map((leaf) => {
      const hash = this.#pending.get(leaf.traceId);
      this.#pending.delete(leaf.traceId);
      return { leaf, hash, place: hash === undefined ? undefined : places.get(leaf.traceId) };
    });
  }
}

function listFault({ number, root, leaves }: SealLine): [Fault, string] {
  const sorted = leaves.toSorted((a, b) => (a.traceId < b.traceId ? -1 : 1));
  if (rootOf(sorted) === root)
    return ["reordered", `the list of records of seal ${number} is not in its order`];
  return ["altered", `the list of records of seal ${number} was altered`];
}
