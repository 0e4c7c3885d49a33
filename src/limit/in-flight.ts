// How many requests are open at a time, by the source as long as nobody knows whose they are, then by their caller. A
// request is open until its answer has been read, or its connection is gone: so long it costs memory.
import { createContextKey } from "@connectrpc/connect";
import { Tally } from "../http/tally.ts";

/** How many may be open. */
export interface InFlightLimits {
  /** Of one source, whose callers are not known. */
  readonly strangersPerSource: number;
  /** Of all sources together, whose callers are not known. */
  readonly strangers: number;
  /** Of one caller, streams included. */
  readonly callsPerPrincipal: number;
}

/** The limits of a server that is not told otherwise. An open request takes some 50 kB. */
export const defaultInFlight: InFlightLimits = Object.freeze({
  strangersPerSource: 250,
  strangers: 3_000,
  callsPerPrincipal: 5_000,
});

/** One open request. */
export interface Ticket {
  /** From now on it counts for this caller. False if that has too many open; it counts for nobody then. */
  identify(principalId: string): boolean;
  /** It is not open any more. */
  leave(): void;
}

/** The open requests of a port. */
export interface InFlight {
  /** Undefined if there are too many: the request must not be handled. */
  enter(source: string): Ticket | undefined;
  /** False while requests of this source are not let in because it has too many open. */
  readonly hasRoom: (source: string) => boolean;
  /** Of callers that are not known, and of those that are. */
  readonly counts: { readonly strangers: number; readonly known: number };
}

/** The ticket of a call. */
export const ticketKey = createContextKey<Ticket | undefined>(undefined, {
  description: "counts the call while it is open",
});

/** Counts from nothing. */
export function createInFlight(limits: InFlightLimits): InFlight {
  const strangers = new Tally();
  const known = new Tally();
  const hasRoom = (source: string) => strangers.of(source) < limits.strangersPerSource;
  return {
    hasRoom,
    enter(source) {
      if (strangers.total >= limits.strangers || !hasRoom(source)) return undefined;
      return ticket(strangers.add(source), known, limits.callsPerPrincipal);
    },
    get counts() {
      return { strangers: strangers.total, known: known.total };
    },
  };
}

function ticket(asStranger: () => void, known: Tally, limit: number): Ticket {
  let leave = asStranger;
  return {
    identify(id) {
      leave();
      leave = () => {};
      if (known.of(id) >= limit) return false;
      leave = known.add(id);
      return true;
    },
    leave: () => leave(),
  };
}
