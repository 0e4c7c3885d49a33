// The outermost stage: writes down what the caller is not told. An error that nobody meant reaches the client as
// "internal error"; its cause is here, under the trace id that the client has.
import { ConnectError, type Interceptor } from "@connectrpc/connect";
import { callKey } from "../rbac/call.ts";

/** Where entries go. A pino logger is one. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Logs errors that nobody meant, and the causes of those that somebody did. */
export function logging(log: Log): Interceptor {
  return (next) => async (request) => {
    const report = (error: unknown) => {
      const cause = unseen(error);
      // A caller that goes away is no failure of ours.
      if (cause === undefined || cause === request.signal.reason) return;
      const call = request.contextValues.get(callKey);
      log.error({ err: cause, traceId: call?.traceId, procedure: call?.procedure }, "call failed");
    };
    try {
      const response = await next(request);
      return response.stream
        ? { ...response, message: reporting(response.message, report) }
        : response;
    } catch (error) {
      report(error);
      throw error;
    }
  };
}

/** What the caller of a call that failed with `error` does not get to see, if anything. */
function unseen(error: unknown): unknown {
  return error instanceof ConnectError ? error.cause : error;
}

async function* reporting<T>(messages: AsyncIterable<T>, report: (error: unknown) => void) {
  try {
    yield* messages;
  } catch (error) {
    report(error);
    throw error;
  }
}
