// Ends a running stream when its credential expires or is revoked, in both directions and even if the handler is
// blocked. Clients treat it as "sign in again and resume".
import type {
  StreamRequest,
  StreamResponse,
  UnaryRequest,
  UnaryResponse,
} from "@connectrpc/connect";
import type { Call } from "./call.ts";
import type { Principal } from "./principal.ts";
import { refusal } from "./refusal.ts";

/** The longest delay a timer takes, in milliseconds; a later end is looked at again when it has passed. */
const timerLimitMs = 2 ** 31 - 1;

type Next = (request: UnaryRequest | StreamRequest) => Promise<UnaryResponse | StreamResponse>;

/** Calls `next` so that the stream ends with unauthenticated as soon as the caller's credential has ended. */
export async function endWithCredential(call: Call, request: StreamRequest, next: Next) {
  const { principal } = call;
  if (principal?.expiresAt === undefined && principal?.revoked === undefined) return next(request);
  const end = watchCredential(principal, () => refusal(call, "CREDENTIAL_ENDED"));
  request.signal.addEventListener("abort", end.release, { once: true });
  const signal = AbortSignal.any([request.signal, end.signal]);
  try {
    const message = until(request.message, end.reached, () => {});
    const response = await Promise.race([next({ ...request, signal, message }), end.reached]);
    if (!response.stream) return response;
    return { ...response, message: until(response.message, end.reached, end.release) };
  } catch (error) {
    end.release();
    throw error;
  }
}

interface CredentialEnd {
  /** Aborted at the end of the credential. */
  readonly signal: AbortSignal;
  /** Rejects at the end of the credential; never resolves. */
  readonly reached: Promise<never>;
  /** Stops watching. */
  readonly release: () => void;
}

function watchCredential({ expiresAt, revoked }: Principal, error: () => Error): CredentialEnd {
  const controller = new AbortController();
  const { promise: reached, reject } = Promise.withResolvers<never>();
  reached.catch(() => {}); // Nobody may be waiting when the credential ends; that is no unhandled rejection.
  const end = () => {
    release();
    const cause = error();
    reject(cause);
    controller.abort(cause);
  };
  const stopTimer = expiresAt ? at(expiresAt, end) : () => {};
  const release = () => {
    stopTimer();
    revoked?.removeEventListener("abort", end);
  };
  revoked?.addEventListener("abort", end, { once: true });
  if (revoked?.aborted) end();
  return { signal: controller.signal, reached, release };
}

/** Calls `then` at `time`, however far away; returns how to cancel. */
function at(time: Date, then: () => void): () => void {
  let timer: NodeJS.Timeout;
  const wait = () => {
    const leftMs = time.getTime() - Date.now();
    timer = setTimeout(leftMs > timerLimitMs ? wait : then, Math.min(leftMs, timerLimitMs));
  };
  wait();
  return () => clearTimeout(timer);
}

/** The same messages, until `reached` rejects. The source is told, not waited for: it may be blocked for good. */
function until<T>(source: AsyncIterable<T>, reached: Promise<never>, done: () => void) {
  return {
    [Symbol.asyncIterator](): AsyncIterator<T> {
      const iterator = source[Symbol.asyncIterator]();
      const leave = (error?: unknown) => {
        done();
        void Promise.resolve(iterator.return?.(error)).catch(() => {});
      };
      return {
        async next() {
          try {
            const result = await Promise.race([iterator.next(), reached]);
            if (result.done) done();
            return result;
          } catch (error) {
            leave(error);
            throw error;
          }
        },
        async return(value) {
          leave();
          return { done: true, value };
        },
      };
    },
  };
}
