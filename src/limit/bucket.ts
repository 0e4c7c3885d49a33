// Token buckets: so many at once, and then so many per second, for each of any number of names.

/** What a bucket allows. */
export interface Rate {
  readonly perSecond: number;
  /** So many may come at once after a while without any. */
  readonly burst: number;
}

/** Names that are remembered; beyond that the one that came longest ago is forgotten, and begins anew. */
const namesToRemember = 20_000;

interface Bucket {
  tokens: number;
  atMs: number;
}

/** One bucket for each name, of which only those that are not full take memory for long. */
export class Buckets {
  readonly #rate: Rate;
  readonly #now: () => number;
  /** Least recently used first. */
  readonly #buckets = new Map<string, Bucket>();

  /** `now`: milliseconds of a clock that never goes back. */
  constructor(rate: Rate, now: () => number = () => performance.now()) {
    this.#rate = rate;
    this.#now = now;
  }

  /** Takes one for `name`. 0 if there was one, otherwise the milliseconds until there is. */
  take(name: string): number {
    const bucket = this.#filled(name);
    const waitMs = this.#waitOf(bucket);
    if (waitMs === 0) bucket.tokens -= 1;
    return waitMs;
  }

  /** The milliseconds until there is one for `name`; 0 if there is. Takes nothing. */
  wait(name: string): number {
    return this.#buckets.has(name) ? this.#waitOf(this.#filled(name)) : 0;
  }

  /** Puts back what was taken for `name`. */
  giveBack(name: string): void {
    const bucket = this.#filled(name);
    bucket.tokens = Math.min(bucket.tokens + 1, this.#rate.burst);
  }

  #waitOf({ tokens }: Bucket): number {
    return tokens >= 1 ? 0 : ((1 - tokens) / this.#rate.perSecond) * 1000;
  }

  #filled(name: string): Bucket {
    const { perSecond, burst } = this.#rate;
    const atMs = this.#now();
    const before = this.#buckets.get(name) ?? { tokens: burst, atMs };
    const gained = ((atMs - before.atMs) / 1000) * perSecond;
    const bucket = { tokens: Math.min(before.tokens + gained, burst), atMs };
    this.#buckets.delete(name);
    this.#buckets.set(name, bucket);
    this.#forgetOne();
    return bucket;
  }

  #forgetOne(): void {
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size > namesToRemember && oldest !== undefined) this.#buckets.delete(oldest);
  }
}
