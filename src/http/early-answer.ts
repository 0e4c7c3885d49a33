// Ends requests that were answered before they arrived completely: a refused upload is not read to its end.
import type { IncomingMessage, ServerResponse } from "node:http";
import { constants, type ServerHttp2Stream } from "node:http2";
import type { HttpRequest, HttpResponse } from "./listener.ts";

/** How long an HTTP/2 request may stay open after the answer, so that trailers get through. */
const trailerMs = 500;

/**
 * If `response` is complete before `request` is, an HTTP/1.1 connection is closed (`connection: close`) and an HTTP/2
 * stream is reset without error. Otherwise nothing changes. To be called before anybody answers.
 */
export function endAfterAnswer(request: HttpRequest, response: HttpResponse): void {
  if ("stream" in request) return resetAfterAnswer(request.stream);
  if ("shouldKeepAlive" in response) closeAfterAnswer(request, response);
}

const keptAliveKey = Symbol("whether the connection was to be kept");

/** An answer that ends its connection if the request has not arrived completely by then. */
type Ending = Pick<ServerResponse, "req" | "shouldKeepAlive"> & { [keptAliveKey]?: boolean };

/**
 * Node asks for it when it writes the headers of the answer; before that it cannot be known. The same for all: V8 keeps
 * the getter of a single object, with the request that it sees, until its next full collection of garbage.
 */
const whileComplete: PropertyDescriptor & ThisType<Ending> = {
  get() {
    return this[keptAliveKey] === true && this.req.complete;
  },
  set(value: boolean) {
    this[keptAliveKey] = value;
  },
};

function closeAfterAnswer(request: IncomingMessage, response: ServerResponse): void {
  const ending: Ending = response;
  ending[keptAliveKey] = response.shouldKeepAlive;
  Object.defineProperty(response, "shouldKeepAlive", whileComplete);
  const { socket } = request;
  response.once("finish", () => {
    // Node is about to read the rest and discard it.
    if (!request.complete) setImmediate(() => socket.pause());
  });
}

/**
 * After a complete answer a reset without error tells the client to stop sending (RFC 9113, section 8.1). To be called
 * before the answer.
 */
export function resetAfterAnswer(stream: ServerHttp2Stream): void {
  const end = () => {
    stream.close(constants.NGHTTP2_NO_ERROR);
    // Node would wait for somebody to read what has arrived, also when the connection is gone.
    stream.destroy();
  };
  stream.once("finish", () => {
    if (stream.readableEnded) return;
    // Trailers follow, and nothing tells when they are sent.
    const timer = setTimeout(end, trailerMs).unref();
    stream.once("close", () => clearTimeout(timer));
  });
}
