// Hands requests of Node to Connect's handlers: the adapter of connect-node from the same parts, but a call that breaks
// off is told instead of printed, because anybody can break off calls.
import { constants } from "node:http2";
import {
  type ConnectRouter,
  type ConnectRouterOptions,
  type ContextValues,
  createConnectRouter,
} from "@connectrpc/connect";
import {
  compressionBrotli,
  compressionGzip,
  universalRequestFromNodeRequest,
  universalResponseToNodeResponse,
} from "@connectrpc/connect-node";
import type { HttpListener, HttpRequest, HttpResponse } from "./listener.ts";

/** Options of a Connect router, and what it needs of HTTP. */
export interface AdapterOptions extends ConnectRouterOptions {
  readonly routes: (router: ConnectRouter) => void;
  /** The values that the gate, interceptors and handlers of a call share. A new object for each request. */
  readonly valuesOf: (request: HttpRequest) => ContextValues;
  /** Answers what is no RPC. */
  readonly fallback: HttpListener;
  /** Told why an answer could not be sent to its end. */
  readonly onBroken: (error: unknown) => void;
}

/** A listener for all RPCs on `routes`, in every protocol. Throws what `routes` throws. */
export function createAdapter(options: AdapterOptions): HttpListener {
  const { routes, valuesOf, fallback, onBroken, ...rest } = options;
  const acceptCompression = rest.acceptCompression ?? [compressionGzip, compressionBrotli];
  const router = createConnectRouter({ ...rest, acceptCompression });
  routes(router);
  const handlers = new Map(router.handlers.map((handler) => [handler.requestPath, handler]));
  return (request, response) => {
    const [path = ""] = (request.url ?? "").split("?", 1);
    const handler = handlers.get(path);
    if (handler === undefined) return fallback(request, response);
    const call = universalRequestFromNodeRequest(request, response, undefined, valuesOf(request));
    handler(call)
      .then((answer) => universalResponseToNodeResponse(answer, response))
      .catch((error: unknown) => {
        onBroken(error);
        breakOff(response);
      });
  };
}

/** What could not be answered must not look as if an answer might still come. */
function breakOff(response: HttpResponse): void {
  if ("stream" in response) return response.stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  response.destroy();
}
