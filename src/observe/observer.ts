// Who wants to know how calls end: metrics, the access log, traces.
import type { ContextValues } from "@connectrpc/connect";
import type { Call } from "../rbac/call.ts";
import type { RefusalReason } from "../rbac/decide.ts";

/** A call that is over. */
export interface EndedCall {
  readonly call: Call;
  readonly values: ContextValues;
  /** "ok", or the code of its error as Connect spells it. */
  readonly code: string;
  /** From the arrival of its headers. */
  readonly durationMs: number;
  /** It was allowed, and a handler was asked for it: `begun` was told. */
  readonly handled: boolean;
  /** Why it was refused, at once or later. */
  readonly reason?: RefusalReason;
}

/** Is told of calls. None of it may throw, and all of it is brief. */
export interface Observer {
  /** An allowed call is about to be handled. */
  readonly begun?: (call: Call) => void;
  /** A call is over, however it was decided. Once for each call. */
  readonly ended: (ended: EndedCall) => void;
}

/** Tells all of them. */
export function observers(all: readonly Observer[]): Required<Observer> {
  return {
    begun: (call) => {
      for (const { begun } of all) begun?.(call);
    },
    ended: (call) => {
      for (const { ended } of all) ended(call);
    },
  };
}
