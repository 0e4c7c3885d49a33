// Machines that nobody uses and that do not come back by themselves are given a new start: when, and how often.
import type { EventContainer } from "./provisioning-event.ts";
import { currentState } from "./provisioning-state.ts";

/** A dead machine gets so much time to come back by itself, and an attempt so much time to succeed. */
export const resurrectAfterMs = 60 * 60 * 1000;
/** The time between two attempts doubles up to this. */
export const maxBackOffMs = 24 * 60 * 60 * 1000;

/** What is remembered of the attempts at one machine. */
export interface Attempts {
  /** How many in a row, from 1. */
  readonly count: number;
  /** When the last one was, in milliseconds since 1970. */
  readonly lastTime: number;
}

/** What the decision looks at. */
export interface Casualty {
  readonly allocated: boolean;
  readonly locked: boolean;
  readonly container?: EventContainer;
  readonly attempts?: Attempts;
}

/** Why a machine needs a new start. */
export type Plight = "dead" | "failed-reclaim";

/**
 * What to do. `attempt`: free the machine, which writes a `Machine Reclaim`, and remember `attempts`; `wait`: it is too
 * early for the next attempt; `forget`: the attempts that are remembered do not matter any more.
 */
export type Decision =
  | { readonly kind: "attempt"; readonly plight: Plight; readonly attempts: Attempts }
  | { readonly kind: "wait"; readonly until: number }
  | { readonly kind: "forget" }
  | { readonly kind: "none" };

/**
 * Decides about a machine at `nowMs`. What was remembered counts until the machine waits for users again or has one:
 * each attempt is itself an event, so that merely hearing of the machine does not tell that it recovered.
 */
export function decideResurrection(casualty: Casualty, nowMs: number): Decision {
  const { attempts } = casualty;
  if (attempts !== undefined && hasRecovered(casualty)) return { kind: "forget" };
  const plight = plightOf(casualty, nowMs);
  if (plight === undefined) return { kind: "none" };
  const until = attempts === undefined ? nowMs : attempts.lastTime + backOffMs(attempts);
  if (nowMs < until) return { kind: "wait", until };
  const count = (attempts?.count ?? 0) + 1;
  return { kind: "attempt", plight, attempts: { count, lastTime: nowMs } };
}

function hasRecovered({ allocated, container }: Casualty): boolean {
  if (allocated) return true;
  return (
    container !== undefined &&
    container.liveliness === "Alive" &&
    currentState(container) === "Waiting"
  );
}

/** A machine that is locked is left alone, as is one that was never heard of. */
function plightOf({ allocated, locked, container }: Casualty, nowMs: number): Plight | undefined {
  if (allocated || locked || container?.lastEventTime === undefined) return undefined;
  const isDead =
    container.liveliness === "Dead" && nowMs - container.lastEventTime > resurrectAfterMs;
  if (isDead) return "dead";
  return container.failedReclaim ? "failed-reclaim" : undefined;
}

function backOffMs({ count }: Attempts): number {
  return Math.min(resurrectAfterMs * 2 ** (count - 1), maxBackOffMs);
}
