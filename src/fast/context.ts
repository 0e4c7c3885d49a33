// The context of a call, as Connect makes it, from less: one signal instead of a chain of them.
import { Code, ConnectError, type ContextValues, type HandlerContext } from "@connectrpc/connect";
import { endingKey } from "../http/ending.ts";
import type { HttpRequest, HttpResponse } from "../http/listener.ts";
import { whyGone } from "./gone.ts";
import type { Match, UnarySpec } from "./match.ts";

/** A request that is answered here. */
export interface Arrived extends Match<{ readonly spec: UnarySpec }> {
  readonly request: HttpRequest;
  readonly response: HttpResponse;
  readonly values: ContextValues;
}

/** The context of a call, and how to end it. */
export interface CallContext extends HandlerContext {
  /** Aborts the signal, with the error of a call that fails. */
  readonly abort: (reason?: unknown) => void;
}

/** The reason of signals whose call came to its end. Always the same one: a new one takes longer than many a call. */
const over = new DOMException("This operation was aborted", "AbortError");

/** The context of a call. The signal aborts when the client goes, the deadline comes, or the server stops. */
export function createContext(call: Arrived, shutdownSignal: AbortSignal | undefined): CallContext {
  const { method, dialect, request, response, values, timeoutMs } = call;
  const controller = new AbortController();
  const stopped = () => abort(shutdownSignal?.reason);
  const gone = () => abort(whyGone(request));
  const timer = timeoutMs === undefined ? undefined : setTimeout(() => abort(late()), timeoutMs);
  // Node tells that a request of HTTP/1.1 is closed as soon as it was read.
  const closing = "stream" in request ? request : response;
  const abort = (reason: unknown = over) => {
    clearTimeout(timer);
    closing.off("close", gone);
    shutdownSignal?.removeEventListener("abort", stopped);
    controller.abort(reason);
  };
  closing.once("close", gone);
  shutdownSignal?.addEventListener("abort", stopped, { once: true });
  values.set(endingKey, abort);
  // Whole milliseconds, also where gRPC's clients count in smaller ones.
  const atMs = Math.trunc(Date.now() + (timeoutMs ?? 0));
  return {
    method: method.spec.method,
    service: method.spec.method.parent,
    protocolName: dialect.protocol.name,
    requestMethod: request.method ?? "",
    url: urlOf(request),
    requestHeader: headersOf(request),
    responseHeader: new Headers({ "content-type": dialect.answer }),
    responseTrailer: new Headers(dialect.protocol.trailer),
    values,
    signal: controller.signal,
    timeoutMs: () => (timeoutMs === undefined ? undefined : atMs - Date.now()),
    abort,
  };
}

const late = () => new ConnectError("the operation timed out", Code.DeadlineExceeded);

/** The last base that a URL was made of, and what URLs on it begin with: most calls come to the same one. */
let last = { base: "", origin: "" };

/** The path is that of a method, so there is nothing in it to be written in another way. */
function urlOf(request: HttpRequest): string {
  const encrypted = "encrypted" in request.socket && request.socket.encrypted === true;
  const authority = "authority" in request ? request.authority : request.headers.host;
  const base = `${encrypted ? "https" : "http"}://${authority}`;
  if (base !== last.base) last = { base, origin: new URL(base).origin };
  return last.origin + request.url;
}

/** Without the pseudo-headers of HTTP/2. */
function headersOf({ headers }: HttpRequest): Headers {
  const all = new Headers();
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || name.startsWith(":")) continue;
    for (const one of Array.isArray(value) ? value : [value]) all.append(name, one);
  }
  return all;
}
