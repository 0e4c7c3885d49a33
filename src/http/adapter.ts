// Hands requests of Node to Connect's handlers: the adapter of connect-node from the same parts, but a call that breaks
// off is told instead of printed, because anybody can break off calls.
import {
  type ConnectRouter,
  type ConnectRouterOptions,
  createConnectRouter,
} from "@connectrpc/connect";
import {
  assertByteStreamRequest,
  type UniversalServerResponse,
} from "@connectrpc/connect/protocol";
import {
  universalRequestFromNodeRequest,
  universalResponseToNodeResponse,
} from "@connectrpc/connect-node";
import { breakOff } from "./break-off.ts";
import { shortenStatus } from "./grpc-status.ts";
import { gathered, isEnveloped } from "./gathered.ts";
import type { CallListener, HttpListener } from "./listener.ts";

/** Options of a Connect router, and what it needs of HTTP. */
export interface AdapterOptions extends ConnectRouterOptions {
  readonly routes: (router: ConnectRouter) => void;
  /** Answers what is no RPC. */
  readonly fallback: HttpListener;
  /** Told why an answer could not be sent to its end. */
  readonly onBroken: (error: unknown) => void;
}

/** A listener for all RPCs on `routes`, in every protocol. Throws what `routes` throws. */
export function createAdapter(options: AdapterOptions): CallListener {
  const { routes, fallback, onBroken, ...rest } = options;
  const { readMaxBytes: limit = Number.POSITIVE_INFINITY } = rest;
  const router = createConnectRouter(rest);
  routes(router);
  const handlers = new Map(router.handlers.map((handler) => [handler.requestPath, handler]));
  return (request, response, values) => {
    const [path = ""] = (request.url ?? "").split("?", 1);
    const handler = handlers.get(path);
    if (handler === undefined) return fallback(request, response);
    const call = universalRequestFromNodeRequest(request, response, undefined, values);
    const enveloped = isEnveloped(request.headers["content-type"]);
    assertByteStreamRequest(call);
    handler({ ...call, body: gathered(call.body, { limit, enveloped }) })
      .then((answer) => universalResponseToNodeResponse(withShortStatus(answer), response))
      .catch((error: unknown) => {
        onBroken(error);
        breakOff(response);
      });
  };
}

/** Trailers are complete when the body is. */
function withShortStatus(answer: UniversalServerResponse): UniversalServerResponse {
  const { body = [], trailer } = answer;
  if (trailer === undefined) return answer;
  return { ...answer, body: before(body, () => shortenStatus(trailer)) };
}

async function* before<T>(items: AsyncIterable<T> | Iterable<T>, last: () => void) {
  yield* items;
  last();
}
