// Ends a running stream when its credential expires or is revoked, in both directions and even if the handler is
// blocked. Clients treat it as "sign in again and resume".
import type {
  StreamRequest,
  StreamResponse,
  UnaryRequest,
  UnaryResponse,
} from "@connectrpc/connect";
import type { Principal } from "./principal.ts";
import { untilAborted } from "./until-aborted.ts";

type Next = (request: UnaryRequest | StreamRequest) => Promise<UnaryResponse | StreamResponse>;

/** A credential to watch while a stream runs. */
export interface Watched {
  readonly principal: Principal | undefined;
  /** Called once, when the credential ends before the stream does. The error ends the stream. */
  readonly onEnd: () => Error;
}

/** Calls `next` so that the stream fails with what `onEnd` returns as soon as the credential has ended. */
export async function endWithCredential(
  { principal, onEnd }: Watched,
  request: StreamRequest,
  next: Next,
): Promise<UnaryResponse | StreamResponse> {
  if (principal?.expiresAt === undefined && principal?.revoked === undefined) return next(request);
  const { signal: ended, release } = watch(principal, onEnd);
  const guarded = {
    ...request,
    signal: AbortSignal.any([request.signal, ended]),
    message: until(request.message, ended),
  };
  try {
    const response = await untilAborted(next(guarded), ended);
    if (response.stream) return { ...response, message: until(response.message, ended, release) };
    release();
    return response;
  } catch (error) {
    release();
    throw error;
  }
}

/**
 * A signal that aborts with the credential, and how to stop watching. Watching goes on when the request's own signal
 * aborts: a handler may ignore a deadline, and must not outlive its credential by that.
 */
function watch({ expiresAt, revoked }: Principal, onEnd: () => Error) {
  const controller = new AbortController();
  const end = () => {
    release();
    controller.abort(onEnd());
  };
  const stopClock = expiresAt ? at(expiresAt, end) : () => {};
  const release = () => {
    stopClock();
    revoked?.removeEventListener("abort", end);
  };
  revoked?.addEventListener("abort", end, { once: true });
  if (revoked?.aborted) end();
  return { signal: controller.signal, release };
}

/**
 * How long a timer runs before the clock is looked at again, in milliseconds. Timers do not follow a clock that is
 * set, and take no more than 2^31 - 1.
 */
const lookAgainMs = 60 * 60 * 1000;

/** Calls `then` at `time`, however far away; returns how to cancel. Keeps no process alive. */
function at(time: Date, then: () => void): () => void {
  let timer: NodeJS.Timeout;
  const wait = () => {
    const leftMs = time.getTime() - Date.now();
    // Written so that a date which is none has come.
    timer = leftMs > 0 ? setTimeout(wait, Math.min(leftMs, lookAgainMs)) : setTimeout(then);
    timer.unref();
  };
  wait();
  return () => clearTimeout(timer);
}

/** The same messages, until `ended` aborts. The source is told, not waited for: it may be blocked for good. */
function until<T>(
  source: AsyncIterable<T>,
  ended: AbortSignal,
  release: () => void = () => {},
): AsyncIterable<T> {
  return {
    [Symbol.asyncIterator]() {
      const iterator = source[Symbol.asyncIterator]();
      const leave = () => {
        release();
        void Promise.resolve(iterator.return?.()).catch(() => {});
      };
      return {
        async next() {
          try {
            const result = await untilAborted(iterator.next(), ended);
            if (result.done) release();
            return result;
          } catch (error) {
            leave();
            throw error;
          }
        },
        async return(value) {
          leave();
          return { done: true, value };
        },
        async throw(error) {
          leave();
          throw error;
        },
      };
    },
  };
}
