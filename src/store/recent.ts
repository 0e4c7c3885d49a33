// What was read lately, for those who only look at it: it is so until somebody commits a change of it. For engines that
// know of every commit.
import type { Message } from "@bufbuild/protobuf";

/** So many entities are kept; a large one takes some tens of kilobytes. */
const most = 2000;

/** Entities as they are stored, frozen with all that is in them. */
export class Recent {
  readonly #known = new Map<string, Message>();
  readonly #touched = new Set<string>();
  /** Who reads must be told how many there were when they began. */
  #commits = 0;

  get commits(): number {
    return this.#commits;
  }

  get isFull(): boolean {
    return this.#known.size >= most;
  }

  /** What is kept under a key, which is of its kind. */
  known<M extends Message>(key: string): M | undefined {
    return this.#known.get(key) as M | undefined;
  }

  /**
   * Returns what was found, frozen, and keeps it in the place of the oldest. What was found by a read that began before
   * the last commit is not kept: the commit may have changed it.
   */
  keep<M extends Message>(key: string, found: M, begun: number): M {
    if (begun !== this.#commits) return found;
    const [oldest] = this.isFull ? this.#known.keys() : [];
    if (oldest !== undefined) this.#known.delete(oldest);
    this.#known.set(key, frozen(found));
    return found;
  }

  /** Must be called for whatever is changed or removed, before that is committed. */
  touch(key: string): void {
    this.#touched.add(key);
  }

  /** Forgets what was touched. Must be called with each commit, before anybody hears of it. */
  readonly committed = (): void => {
    this.#commits += 1;
    for (const key of this.#touched) this.#known.delete(key);
    this.#touched.clear();
  };
}

function frozen<T>(value: T): T {
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return value;
  for (const inner of Object.values(value)) frozen(inner);
  return Object.freeze(value);
}
