// The stage that ends calls which take too long although their client set no deadline: an answer that nobody waits for
// any more still costs memory.
import {
  Code,
  ConnectError,
  type Interceptor,
  type StreamRequest,
  type UnaryRequest,
} from "@connectrpc/connect";
import { type Ending, endingKey } from "../http/ending.ts";
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
    const { ending, bounded } = boundedBy(request);
    const late = () => ending.expire(lateBy(unaryMs));
    const timer = hasDeadline(request.header) ? undefined : setTimeout(late, unaryMs).unref();
    try {
      return await untilExpired(next(bounded), ending);
    } finally {
      clearTimeout(timer);
    }
  };
}

/** A request, and what ends it. */
interface Bounded {
  readonly bounded: UnaryRequest;
  readonly ending: Ending;
}

/** Where nobody else can end the call, the request has a signal that aborts with the call's own. */
function boundedBy(request: UnaryRequest): Bounded {
  const ending = request.contextValues.get(endingKey);
  if (ending !== undefined) return { ending, bounded: request };
  const bound = boundTo(request.signal);
  return { ending: endingOf(bound), bounded: { ...request, signal: bound.signal } };
}

function boundTo(signal: AbortSignal): AbortController {
  const bound = new AbortController();
  const pass = () => bound.abort(signal.reason);
  signal.addEventListener("abort", pass, { once: true });
  if (signal.aborted) pass();
  return bound;
}

/** A client that goes away, or a server that stops, does not end what runs. */
function endingOf(bound: AbortController): Ending {
  const { signal } = bound;
  return {
    expire: (error) => bound.abort(error),
    onExpired(then) {
      const end = () => {
        const { reason }: { reason: unknown } = signal;
        if (reason instanceof ConnectError && reason.code === Code.DeadlineExceeded) then(reason);
      };
      signal.addEventListener("abort", end, { once: true });
      if (signal.aborted) end();
    },
  };
}

/** The result of `work`, or a rejection when it is late. */
function untilExpired<T>(work: Promise<T>, ending: Ending): Promise<T> {
  return new Promise((resolve, reject) => {
    ending.onExpired(reject);
    void work.then(resolve, reject);
  });
}

const lateBy = (ms: number) =>
  new ConnectError(`took longer than ${ms / 1000} s`, Code.DeadlineExceeded);

function abortLater(bound: AbortController, ms: number): NodeJS.Timeout {
  return setTimeout(() => bound.abort(lateBy(ms)), ms).unref();
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
