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

/**
 * The context of a call. Its signal aborts when the client goes, the deadline comes, or the server stops. A class, because
 * V8 makes a shape for each object with a getter of its own, and keeps all that the getter sees until its next full
 * collection of garbage.
 */
export class CallContext implements HandlerContext {
  readonly method: UnarySpec["method"];
  readonly service: HandlerContext["service"];
  readonly protocolName: string;
  readonly requestMethod: string;
  readonly requestHeader: NodeHeaders;
  readonly responseHeader: NodeHeaders;
  readonly responseTrailer: NodeHeaders;
  readonly values: ContextValues;
  readonly #request: HttpRequest;
  readonly #lifetime: Lifetime;
  /** In milliseconds since 1970. */
  readonly #deadline: number | undefined;

  constructor(call: Arrived, shutdownSignal: AbortSignal | undefined) {
    const { method, dialect, request, response, values, timeoutMs } = call;
    this.method = method.spec.method;
    this.service = method.spec.method.parent;
    this.protocolName = dialect.protocol.name;
    this.requestMethod = request.method ?? "";
    this.requestHeader = new NodeHeaders(request.headers);
    this.responseHeader = new NodeHeaders({ "content-type": dialect.answer });
    this.responseTrailer = new NodeHeaders({ ...dialect.protocol.trailer });
    this.values = values;
    this.#request = request;
    this.#lifetime = new Lifetime({ request, response, timeoutMs, shutdownSignal });
    // Whole milliseconds, also where gRPC's clients count in smaller ones.
    if (timeoutMs !== undefined) this.#deadline = Math.trunc(Date.now() + timeoutMs);
    values.set(endingKey, this.#lifetime);
  }

  get url(): string {
    return urlOf(this.#request);
  }

  get signal(): AbortSignal {
    return this.#lifetime.signal;
  }

  /** Without a signal being made. */
  get isAborted(): boolean {
    return this.#lifetime.isAborted;
  }

  /** A property with a function for each context, because handlers may take it out. */
  get timeoutMs(): HandlerContext["timeoutMs"] {
    return () => (this.#deadline === undefined ? undefined : this.#deadline - Date.now());
  }

  /** The call has ended, with the error of one that fails. */
  end(reason?: unknown): void {
    this.#lifetime.end(reason);
  }

  /** As interceptors have changed it. */
  with(changed: Partial<HandlerContext>): HandlerContext {
    const { method, service, protocolName, requestMethod, url, timeoutMs, signal, values } = this;
    const { requestHeader, responseHeader, responseTrailer } = this;
    const headers = { requestHeader, responseHeader, responseTrailer };
    const own = { method, service, protocolName, requestMethod, url, timeoutMs, signal, values };
    return { ...own, ...headers, ...changed };
  }
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
