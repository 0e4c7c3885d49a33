// Ends requests whose body does not arrive: neither a client's deadline nor HTTP/2 itself bounds the wait for it.
import type { IncomingMessage } from "node:http";
import type { Http2ServerRequest } from "node:http2";
import type { DescService } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import type { HttpRequest, HttpResponse } from "./listener.ts";

/** The answer on HTTP/1.1, where the connection cannot be used any more (RFC 9110, section 15.5.9). */
const requestTimeout =
  "HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

/** In milliseconds: how long the body of a call with a single message may take. */
export const bodyMs = 15_000;

/** The error of a body that takes longer. */
export const tooLate = () =>
  new ConnectError("the request did not arrive completely in time", Code.DeadlineExceeded);

/**
 * The paths of the RPCs that take a single request message, so that nothing happens before their body has ended:
 * unary and server-streaming ones.
 */
export function singleRequestPaths(services: Iterable<DescService>): ReadonlySet<string> {
  const methods = [...services].flatMap((service) => service.methods);
  const single = methods.filter(({ proto }) => !proto.clientStreaming);
  return new Set(single.map(({ parent, name }) => `/${parent.typeName}/${name}`));
}

/**
 * Gives `request` `deadlineMs` milliseconds until its end. Afterwards the call fails with deadline_exceeded in the
 * form of its protocol on HTTP/2, and with 408 and a closed connection on HTTP/1.1.
 */
export function boundBody(request: HttpRequest, response: HttpResponse, deadlineMs: number): void {
  const giveUp = "stream" in request ? fail(request) : cut(request, response);
  const timer = setTimeout(giveUp, deadlineMs).unref();
  const stop = () => clearTimeout(timer);
  request.once("end", stop);
  response.once("close", stop);
}

/** Whoever reads the body gets the error, and the stream stays open for the answer. */
function fail(request: Http2ServerRequest): () => void {
  // Nobody may be reading, and an error that nobody listens to ends the process.
  request.on("error", () => {});
  return () => {
    if (request.complete || request.stream.state.remoteClose === 1) return;
    request.destroy(tooLate());
  };
}

function cut(request: IncomingMessage, response: HttpResponse): () => void {
  const { socket } = request;
  return () => {
    if (request.complete) return;
    // A pipelined request whose turn has not come must not answer in the place of its predecessor.
    const silent = response.headersSent || response.socket === null;
    // What arrives later must not become a call that was already refused.
    socket.end(silent ? "" : requestTimeout, () => socket.destroy());
  };
}
