// The shapes of requests and answers that both HTTP versions share, as the Connect adapter sees them.
import type { IncomingMessage } from "node:http";
import type { IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import type { ContextValues } from "@connectrpc/connect";
import type { connectNodeAdapter } from "@connectrpc/connect-node";

/** Answers a request of either HTTP version. */
export type HttpListener = ReturnType<typeof connectNodeAdapter>;
/** A request of `node:http` or `node:http2`. */
export type HttpRequest = Parameters<HttpListener>[0];
/** The answer to it. */
export type HttpResponse = Parameters<HttpListener>[1];

/** A request of HTTP/2 when its headers have arrived. */
export interface StreamHead {
  readonly stream: ServerHttp2Stream;
  readonly headers: IncomingHttpHeaders;
  /** Names and values in turn. */
  readonly rawHeaders: readonly string[];
  readonly authority: string | undefined;
}

/** A request of either version when its headers have arrived. */
export type RequestHead =
  | Pick<IncomingMessage, "headers" | "rawHeaders" | "socket">
  | Omit<StreamHead, "authority">;

/**
 * Answers a request that may be a call. `values` are what gate, interceptors and handlers of the call share: new ones for
 * each request.
 */
export type CallListener = (
  request: HttpRequest,
  response: HttpResponse,
  values: ContextValues,
) => void;

/**
 * How to answer a call that came as a stream of HTTP/2, past the layer that Node has for code of HTTP/1.1; undefined if it
 * takes that layer. Nothing is read or sent before it is answered.
 */
export type StreamCalls = (head: StreamHead) => ((values: ContextValues) => void) | undefined;

/** What answers calls. */
export interface Calls {
  readonly listener: CallListener;
  /** None are taken if absent. */
  readonly onStream?: StreamCalls;
}
