// Calls that have been counted and not yet written, by identity and RPC.
import type { Principal } from "../rbac/principal.ts";
import { dayOf } from "./usage-entry.ts";

/** Calls of one RPC by one identity. */
export interface Tally {
  /** As it was at the last call. */
  principal: Principal;
  /** "package.Service/Method". */
  readonly procedure: string;
  readonly firstMs: number;
  lastMs: number;
  /** Calls by day. */
  readonly days: Map<number, number>;
  /** The last use of each key, in milliseconds since 1970. */
  readonly keys: Map<string, number>;
}

/** What is counted while the store does not answer is bounded: in entries, of one identity and one RPC each. */
const limit = 10_000;

/** Tallies by identity and RPC. */
export class Tallies {
  #tallies = new Map<string, Tally>();

  /** Counts a call. One that would need an entry beyond the limit is not counted. */
  count(principal: Principal, procedure: string, ms: number): void {
    const tally = this.#tally({ principal, procedure, firstMs: ms });
    if (tally === undefined) return;
    tally.principal = principal;
    tally.lastMs = ms;
    add(tally.days, dayOf(ms), 1);
    const { keyId } = principal.credential;
    if (keyId !== undefined) tally.keys.set(keyId, ms);
  }

  /** Takes all tallies out. */
  take(): Tally[] {
    const taken = [...this.#tallies.values()];
    this.#tallies = new Map();
    return taken;
  }

  /** Puts back what was taken; calls may have been counted since. */
  putBack(tallies: readonly Tally[]): void {
    const later = this.#tallies;
    this.#tallies = new Map(tallies.map((tally) => [keyOf(tally), tally]));
    for (const tally of later.values()) this.#join(tally);
  }

  /** Adds a later tally to what is there. */
  #join({ principal, procedure, firstMs, lastMs, days, keys }: Tally): void {
    const tally = this.#tally({ principal, procedure, firstMs });
    if (tally === undefined) return;
    Object.assign(tally, { principal, lastMs });
    for (const [day, count] of days) add(tally.days, day, count);
    for (const [key, ms] of keys) tally.keys.set(key, ms);
  }

  #tally(start: Pick<Tally, "principal" | "procedure" | "firstMs">): Tally | undefined {
    const { principal, procedure, firstMs } = start;
    const key = keyOf(start);
    const known = this.#tallies.get(key);
    if (known !== undefined || this.#tallies.size >= limit) return known;
    const tally = {
      principal,
      procedure,
      firstMs,
      lastMs: firstMs,
      days: new Map(),
      keys: new Map(),
    };
    this.#tallies.set(key, tally);
    return tally;
  }
}

const keyOf = ({ principal, procedure }: Pick<Tally, "principal" | "procedure">) =>
  `${principal.id} ${procedure}`;

function add(days: Map<number, number>, day: number, count: number): void {
  days.set(day, (days.get(day) ?? 0) + count);
}
