// What was read lately, for those who only look at it: it is so until somebody commits a change of it. For engines that
// know of every commit.
import type { Message } from "@bufbuild/protobuf";
import { frozen } from "./frozen.ts";

/**
 * So many entities are kept. A machine takes some ten kilobytes with all that is made of it for those who look, its
 * answers as they are written included.
 */
export const most = 2000;

/** Entities as they are stored, frozen with all that is in them. */
export class Recent {
  readonly #known = new Map<string, Message>();
  /** What was looked at once while there was no room. */
  readonly #once = new Set<string>();
  readonly #touched = new Set<string>();
  /** Who reads must say how many there were at the beginning. */
  #commits = 0;

  get commits(): number {
    return this.#commits;
  }

  /** What is kept under a key, which is of its kind. */
  known<M extends Message>(key: string): M | undefined {
    return this.#known.get(key) as M | undefined;
  }

  /**
   * Returns what was found, frozen if it is kept. What was found by a read that began before the last commit is not: the
   * commit may have changed it.
   */
  keep<M extends Message>(key: string, found: M, begun: number): M {
    if (begun !== this.#commits || !this.#makeRoom(key)) return found;
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

  /**
   * False if there is none. The oldest makes room for what is looked at again: a look through everything must not push out
   * what many ask for.
   */
  #makeRoom(key: string): boolean {
    if (this.#known.size < most || this.#known.has(key)) return true;
    if (!this.#once.delete(key)) {
      this.#once.add(key);
      dropOldest(this.#once, most);
      return false;
    }
    dropOldest(this.#known, most - 1);
    return true;
  }
}

/** Drops the first key that was set, if there are more than `limit`. */
function dropOldest(keys: Set<string> | Map<string, unknown>, limit: number): void {
  const [oldest] = keys.keys();
  if (oldest !== undefined && keys.size > limit) keys.delete(oldest);
}
