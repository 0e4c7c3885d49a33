// The memory against replay: a credential means, for as long as it is fresh, what it meant when it was first seen.
import { UndecidableError } from "./authenticator.ts";

/** How a key stands to a meaning: unknown until now, already bound to the same one, or bound to another. */
export type Binding = "first" | "same" | "different";

/** Remembers first uses. Several replicas are safe against replay among each other if they share one. */
export interface UsedSalts {
  /**
   * Binds `key` to `meaning` unless it is bound, in one step. The same key always comes with the same `expiresAtMs`
   * (ms since 1970), the last moment at which the key is to be remembered. Throws UndecidableError when it cannot
   * tell or cannot remember.
   */
  bind(key: string, meaning: string, expiresAtMs: number): Promise<Binding>;
}

/** Bounds and clock of the memory in this process. */
export interface UsedSaltsOptions {
  /** How many keys are kept at most; about 250 bytes each. */
  readonly capacity?: number;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/**
 * A memory in this process. A bind costs O(1) on average. When full it refuses rather than forgets, because a
 * forgotten key could be used again.
 */
export function createUsedSalts(options: UsedSaltsOptions = {}): UsedSalts {
  return new Memory(options.capacity ?? 1_000_000, options.now ?? Date.now);
}

const bucketMs = 1000;

class Memory implements UsedSalts {
  readonly #capacity: number;
  readonly #now: () => number;
  /** Meanings by key, by the second in which they may be forgotten. */
  readonly #buckets = new Map<number, Map<string, string>>();
  #size = 0;
  #sweptAt = Number.NEGATIVE_INFINITY;
  /** The last bucket that was dropped. */
  #forgotten = Number.NEGATIVE_INFINITY;

  constructor(capacity: number, now: () => number) {
    this.#capacity = capacity;
    this.#now = now;
  }

  async bind(key: string, meaning: string, expiresAtMs: number): Promise<Binding> {
    this.#sweep();
    const second = Math.ceil(expiresAtMs / bucketMs);
    // After the clock was set back, what was forgotten would be fresh again.
    if (second <= this.#forgotten) throw new UndecidableError("replay_memory_behind");
    const known = this.#buckets.get(second)?.get(key);
    if (known !== undefined) return known === meaning ? "same" : "different";
    if (this.#size >= this.#capacity) throw new UndecidableError("replay_memory_full");
    this.#remember(second, key, meaning);
    return "first";
  }

  #remember(second: number, key: string, meaning: string): void {
    const bucket = this.#buckets.get(second) ?? new Map<string, string>();
    this.#buckets.set(second, bucket.set(key, meaning));
    this.#size += 1;
  }

  #sweep(): void {
    const second = Math.floor(this.#now() / bucketMs);
    if (second === this.#sweptAt) return;
    this.#sweptAt = second;
    for (const [end, bucket] of this.#buckets) if (end < second) this.#drop(end, bucket.size);
  }

  #drop(end: number, size: number): void {
    this.#buckets.delete(end);
    this.#size -= size;
    this.#forgotten = Math.max(this.#forgotten, end);
  }
}
