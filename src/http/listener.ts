// The shapes of requests and answers that both HTTP versions share, as the Connect adapter sees them.
import type { ContextValues } from "@connectrpc/connect";
import type { connectNodeAdapter } from "@connectrpc/connect-node";

/** Answers a request of either HTTP version. */
export type HttpListener = ReturnType<typeof connectNodeAdapter>;
/** A request of `node:http` or `node:http2`. */
export type HttpRequest = Parameters<HttpListener>[0];
/** The answer to it. */
export type HttpResponse = Parameters<HttpListener>[1];

/**
 * Answers a request that may be a call. `values` are what gate, interceptors and handlers of the call share: new ones for
 * each request.
 */
export type CallListener = (
  request: HttpRequest,
  response: HttpResponse,
  values: ContextValues,
) => void;
