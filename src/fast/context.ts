// The context of a call, as Connect makes it, from less: what nobody asks for is not made.
import type { ContextValues, HandlerContext } from "@connectrpc/connect";
import { endingKey } from "../http/ending.ts";
import type { HttpRequest, HttpResponse } from "../http/listener.ts";
import { NodeHeaders } from "./headers.ts";
import { Lifetime } from "./lifetime.ts";
import type { Match, UnarySpec } from "./match.ts";

/** A request that is answered here. */
export interface Arrived extends Match<{ readonly spec: UnarySpec }> {
  readonly request: HttpRequest;
  readonly response: HttpResponse;
  readonly values: ContextValues;
}

/** The context of a call. Its signal aborts when the client goes, the deadline comes, or the server stops. */
export interface CallContext extends HandlerContext {
  readonly responseHeader: NodeHeaders;
  readonly responseTrailer: NodeHeaders;
  readonly isAborted: boolean;
  /** The call has ended, with the error of one that fails. */
  readonly end: (reason?: unknown) => void;
}

export function createContext(call: Arrived, shutdownSignal: AbortSignal | undefined): CallContext {
  const { method, dialect, request, response, values, timeoutMs } = call;
  const lifetime = new Lifetime({ request, response, timeoutMs, shutdownSignal });
  values.set(endingKey, lifetime);
  // Whole milliseconds, also where gRPC's clients count in smaller ones.
  const atMs = Math.trunc(Date.now() + (timeoutMs ?? 0));
  return {
    method: method.spec.method,
    service: method.spec.method.parent,
    protocolName: dialect.protocol.name,
    requestMethod: request.method ?? "",
    requestHeader: new NodeHeaders(request.headers),
    responseHeader: new NodeHeaders({ "content-type": dialect.answer }),
    responseTrailer: new NodeHeaders({ ...dialect.protocol.trailer }),
    values,
    timeoutMs: () => (timeoutMs === undefined ? undefined : atMs - Date.now()),
    get url() {
      return urlOf(request);
    },
    get signal() {
      return lifetime.signal;
    },
    get isAborted() {
      return lifetime.isAborted;
    },
    end: (reason) => lifetime.end(reason),
  };
}

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
