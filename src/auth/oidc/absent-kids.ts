// Key ids that a provider did not know when it was asked about them, so that a client that holds on to an old key
// does not make us ask again and again.

const rememberSeconds = 60;
const maximumKids = 1000;

/** A bounded memory of absent key ids; the oldest is forgotten first, and each after a minute. */
export class AbsentKids {
  readonly #untilMs = new Map<string, number>();

  /** True if the provider was asked about `kid` within the last minute and did not have it. */
  has(kid: string, nowMs: number): boolean {
    const untilMs = this.#untilMs.get(kid);
    return untilMs !== undefined && nowMs < untilMs;
  }

  /** The provider does not have `kid`. */
  add(kid: string, nowMs: number): void {
    this.#untilMs.delete(kid);
    this.#untilMs.set(kid, nowMs + rememberSeconds * 1000);
    const [oldest] = this.#untilMs.keys();
    if (oldest !== undefined && this.#untilMs.size > maximumKids) this.#untilMs.delete(oldest);
  }
}
