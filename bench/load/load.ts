// What a load generator is told, and what it tells.
import type { Http, Request } from "../wire.ts";

/** The same call again and again, as often as the server answers. */
export interface Load {
  /** Scheme, host and port. */
  readonly url: string;
  readonly http: Http;
  readonly request: Request;
  readonly seconds: number;
  /** A refusal is what is wanted; an answer unless told otherwise. */
  readonly wants?: "refusal";
  /** Signs every call anew; only the bundled generator can. */
  readonly signer?: Signer;
  /** Calls a second, whether the server keeps up or not; only the bundled generator can. */
  readonly perSecond?: number;
}

/** A user of metal-stack's HMAC scheme. */
export interface Signer {
  /** The word before the signature. */
  readonly type: string;
  readonly key: string;
}

/** What came of it. */
export interface Outcome {
  /** Calls that were answered. */
  readonly calls: number;
  /** Of these, those that were refused and should not have been, or the other way round, and those that were reset. */
  readonly failed: number;
  /** How long it took, in seconds. */
  readonly seconds: number;
  /** The bytes of all answers, without headers and frames. */
  readonly bytes: number;
  /** How long calls took, in microseconds; only the bundled generator knows. */
  readonly latency?: Latency;
}

/** In microseconds: half of the calls, 99 of a hundred, and all took no longer. */
export interface Latency {
  readonly median: number;
  readonly p99: number;
  readonly max: number;
}

/** Drives one server, from a process of its own. Rejects if it cannot. */
export type Generator = (load: Load) => Promise<Outcome>;

/** How many connections are open, and how many calls wait on each: several on HTTP/2, one on HTTP/1.1. */
export const shape: Readonly<
  Record<Http, { readonly connections: number; readonly calls: number }>
> = { "1.1": { connections: 32, calls: 1 }, "2": { connections: 4, calls: 8 } };

/** How much a generator gives way to the servers: as nice(1) counts. */
export const niceness = 10;
