// When to ask a provider again: after a fixed time while it answers, after growing times while it does not.

/** Longest wait while there is nothing to fall back on. A provider that comes back is used within this time. */
const maximumEmptySeconds = 10;
/** Longest wait while keys from before are at hand. */
const maximumSeconds = 60;
const minimumSeconds = 1;

/** Says when the next attempt is due. The first is due at once. */
export class Retry {
  readonly #nowMs: () => number;
  #decidedAtMs = 0;
  #dueAtMs = 0;
  #failures = 0;

  /** `now` gives milliseconds since the epoch. */
  constructor(now: () => number) {
    this.#nowMs = now;
  }

  /** Attempts that failed since the last good one. */
  get failures(): number {
    return this.#failures;
  }

  /** A clock that was set back must not postpone the next attempt, so a moment before the last decision is due. */
  isDue(): boolean {
    const nowMs = this.#nowMs();
    return nowMs >= this.#dueAtMs || nowMs < this.#decidedAtMs;
  }

  /** The next attempt is due at once. */
  now(): void {
    this.#dueAtMs = 0;
  }

  /** An attempt was good; the next is due after `seconds`. */
  succeeded(seconds: number): void {
    this.#failures = 0;
    this.#postpone(seconds);
  }

  /** An attempt failed. Waits double from 1 s, give or take a quarter, so that replicas do not ask in step. */
  failed(hasFallback: boolean): void {
    const longest = hasFallback ? maximumSeconds : maximumEmptySeconds;
    const seconds = 2 ** Math.min(this.#failures, 10) * (0.75 + Math.random() / 2);
    this.#failures += 1;
    this.#postpone(Math.min(longest, Math.max(minimumSeconds, seconds)));
  }

  #postpone(seconds: number): void {
    this.#decidedAtMs = this.#nowMs();
    this.#dueAtMs = this.#decidedAtMs + seconds * 1000;
  }
}
