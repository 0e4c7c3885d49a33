// What a load generator is told, and what it tells.
import type { Http, Request } from "../wire.ts";

/** The same call again and again, as often as the server answers. */
export interface Load {
  /** Scheme, host and port. */
  readonly url: string;
  readonly http: Http;
  readonly request: Request;
  readonly seconds: number;
}

/** What came of it. */
export interface Outcome {
  /** Calls that were answered. */
  readonly calls: number;
  /** Of these, those with another status of HTTP than 200, and those that were reset. */
  readonly failed: number;
  /** How long it took, in seconds. */
  readonly seconds: number;
  /** The bytes of all answers, without headers and frames. */
  readonly bytes: number;
}

/** Drives one server, from a process of its own. Rejects if it cannot. */
export type Generator = (load: Load) => Promise<Outcome>;

/** How many connections are open, and how many calls wait on each: all of them on HTTP/2, one on HTTP/1.1. */
export const shape: Readonly<
  Record<Http, { readonly connections: number; readonly calls: number }>
> = { "1.1": { connections: 32, calls: 1 }, "2": { connections: 4, calls: 8 } };

/** How much a generator gives way to the servers: as nice(1) counts. */
export const niceness = 10;
