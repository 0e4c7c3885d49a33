// Tells observers how each call ends: those that are handled as a stage around all others, those that never get there
// when they were refused or answered.
import { type ContextValues, createContextKey, type Interceptor } from "@connectrpc/connect";
import { failureOf } from "../audit/word.ts";
import type { Observer } from "../observe/observer.ts";
import { type Call, callKey, callOf } from "../rbac/call.ts";
import type { RefusalReason } from "../rbac/decide.ts";
import { refusalWord } from "../rbac/refusal.ts";

/** Observes calls from three places, each of which sees some of them. */
export interface Observing {
  /** Around the stages that handle a call. */
  readonly interceptor: Interceptor;
  /** For decisions: a call that is refused before it was handled is over. */
  readonly decided: (call: Call, values: ContextValues) => void;
  /** For answers that are out: no call is open any longer. */
  readonly answered: (values: ContextValues) => void;
}

/** What is known of a call on its way. */
interface State {
  handled: boolean;
  ended: boolean;
  reason: RefusalReason | undefined;
}

const stateKey = createContextKey<State | undefined>(undefined, {
  description: "how far the call was observed",
});

function stateOf(values: ContextValues): State {
  const state = values.get(stateKey) ?? { handled: false, ended: false, reason: undefined };
  values.set(stateKey, state);
  return state;
}

/** The code of calls that were allowed and not handled: they asked for no more, or their message could not be read. */
const unhandledCode = ({ dryRun }: Call) => (dryRun ? "failed_precondition" : "invalid_argument");
/** The code of streams that were left before their end. */
const left = "canceled";

/** Makes sure that `observer` is told of each call once. */
export function observing(observer: Required<Observer>): Observing {
  const end = (call: Call, values: ContextValues, code: string) => {
    const state = stateOf(values);
    if (state.ended) return;
    state.ended = true;
    const { handled, reason } = state;
    const durationMs = Math.max(Date.now() - call.startedAt.getTime(), 0);
    const outcome = reason === undefined ? { code } : { code: refusalWord(reason), reason };
    observer.ended({ call, values, durationMs, handled, ...outcome });
  };
  return {
    decided(call, values) {
      if (call.decision.allowed) return;
      const state = stateOf(values);
      state.reason = call.decision.reason;
      if (!state.handled) end(call, values, refusalWord(state.reason));
    },
    answered(values) {
      const call = values.get(callKey);
      if (call === undefined) return;
      end(call, values, stateOf(values).handled ? left : unhandledCode(call));
    },
    interceptor: (next) => async (request) => {
      const { contextValues: values } = request;
      const call = callOf(values);
      stateOf(values).handled = true;
      observer.begun(call);
      const ended = (code: string) => end(call, values, code);
      try {
        const response = await next(request);
        if (response.stream) return { ...response, message: watched(response.message, ended) };
        ended("ok");
        return response;
      } catch (error) {
        ended(failureOf(error).code);
        throw error;
      }
    },
  };
}

/** The messages, with their end told. A stream that is left was cancelled, or its credential ended. */
async function* watched<T>(messages: AsyncIterable<T>, ended: (code: string) => void) {
  let code = left;
  try {
    yield* messages;
    code = "ok";
  } catch (error) {
    code = failureOf(error).code;
    throw error;
  } finally {
    ended(code);
  }
}
