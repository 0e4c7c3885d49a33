// The context of a call, as Connect makes it, from less: what nobody asks for is not made.
import type { ContextValues, HandlerContext } from "@connectrpc/connect";
import { endingKey } from "../http/ending.ts";
import type { Exchange } from "./exchange.ts";
import { NodeHeaders } from "./headers.ts";
import { Lifetime } from "./lifetime.ts";
import type { Match, UnarySpec } from "./match.ts";

/** A request that is answered here. */
export interface Arrived extends Match<{ readonly spec: UnarySpec }> {
  readonly exchange: Exchange;
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
  readonly #exchange: Exchange;
  readonly #lifetime: Lifetime;
  /** In milliseconds since 1970. */
  readonly #deadline: number | undefined;

  constructor(call: Arrived, shutdownSignal: AbortSignal | undefined) {
    const { method, dialect, exchange, values, timeoutMs } = call;
    this.method = method.spec.method;
    this.service = method.spec.method.parent;
    this.protocolName = dialect.protocol.name;
    this.requestMethod = exchange.method;
    this.requestHeader = new NodeHeaders(exchange.headers);
    this.responseHeader = new NodeHeaders({ "content-type": dialect.answer });
    this.responseTrailer = new NodeHeaders({ ...dialect.protocol.trailer });
    this.values = values;
    this.#exchange = exchange;
    this.#lifetime = new Lifetime({ exchange, timeoutMs, shutdownSignal });
    // Whole milliseconds, also where gRPC's clients count in smaller ones.
    if (timeoutMs !== undefined) this.#deadline = Math.trunc(Date.now() + timeoutMs);
    values.set(endingKey, this.#lifetime);
  }

  get url(): string {
    return this.#exchange.url;
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
