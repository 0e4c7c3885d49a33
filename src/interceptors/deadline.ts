// The stage that ends calls which take too long although their client set no deadline: an answer that nobody waits for
// any more still costs memory.
import {
  Code,
  ConnectError,
  type Interceptor,
  type StreamRequest,
  type UnaryRequest,
} from "@connectrpc/connect";
import { endingKey } from "../http/ending.ts";
import { untilAborted } from "../rbac/until-aborted.ts";

/** In milliseconds. */
export interface DeadlineLimits {
  /** From the message of a unary call to its answer. */
  readonly unaryMs: number;
  /** From one message of an upload to the next. */
  readonly uploadPauseMs: number;
}

/** The limits of a server that is not told otherwise. */
export const defaultDeadlines: DeadlineLimits = { unaryMs: 60_000, uploadPauseMs: 60_000 };

/**
 * Fails unary calls and uploads with deadline_exceeded when they exceed their limit. A client that sets a deadline gets
 * that one for a unary call. The handler's signal aborts; what it does nevertheless goes on unseen, and is recorded when
 * it ends. Streams from the server may last.
 */
export function deadline({ unaryMs, uploadPauseMs }: DeadlineLimits): Interceptor {
  return (next) => async (request) => {
    if (request.stream) return next(withoutPauses(request, uploadPauseMs));
    const bound = boundOf(request);
    const { signal } = bound;
    const timer = hasDeadline(request.header) ? undefined : abortLater(bound, unaryMs);
    try {
      return await untilLate(
        next(signal === request.signal ? request : { ...request, signal }),
        signal,
      );
    } finally {
      clearTimeout(timer);
    }
  };
}

/** A signal, and how to abort it. */
type Bound = Pick<AbortController, "signal" | "abort">;

/** Where nobody may abort the call's own signal, one that aborts with it. */
function boundOf({ signal, contextValues }: UnaryRequest): Bound {
  const abort = contextValues.get(endingKey);
  return abort === undefined ? boundTo(signal) : { signal, abort };
}

function boundTo(signal: AbortSignal): AbortController {
  const bound = new AbortController();
  const pass = () => bound.abort(signal.reason);
  signal.addEventListener("abort", pass, { once: true });
  if (signal.aborted) pass();
  return bound;
}

/**
 * The result of `work`, or a rejection when `signal` aborts because it is late. A client that goes away, or a server that
 * stops, does not end what runs.
 */
function untilLate<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const end = () => {
      const { reason }: { reason: unknown } = signal;
      if (reason instanceof ConnectError && reason.code === Code.DeadlineExceeded) reject(reason);
    };
    signal.addEventListener("abort", end, { once: true });
    if (signal.aborted) end();
    void work.then(resolve, reject);
  });
}

function abortLater(bound: Bound, ms: number): NodeJS.Timeout {
  const late = () => new ConnectError(`took longer than ${ms / 1000} s`, Code.DeadlineExceeded);
  return setTimeout(() => bound.abort(late()), ms).unref();
}

/** How the protocols say it. */
const hasDeadline = (header: Headers) =>
  header.has("connect-timeout-ms") || header.has("grpc-timeout");

function withoutPauses(request: StreamRequest, ms: number): StreamRequest {
  if (request.method.methodKind !== "client_streaming") return request;
  return { ...request, message: inTime(request.message, ms) };
}

async function* inTime<T>(messages: AsyncIterable<T>, ms: number): AsyncGenerator<T> {
  const iterator = messages[Symbol.asyncIterator]();
  try {
    for (let next = await soon(iterator, ms); !next.done; next = await soon(iterator, ms))
      yield next.value;
  } finally {
    // The source is told, not waited for: it may be blocked for good.
    void Promise.resolve(iterator.return?.()).catch(() => {});
  }
}

async function soon<T>(iterator: AsyncIterator<T>, ms: number): Promise<IteratorResult<T>> {
  const limit = new AbortController();
  const timer = abortLater(limit, ms);
  return untilAborted(iterator.next(), limit.signal).finally(() => clearTimeout(timer));
}
