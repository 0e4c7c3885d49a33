// Stands between the port and the Connect adapter, so that no request can end the process or wait for ever.
import { constants } from "node:http2";
import type { DescService } from "@bufbuild/protobuf";
import { hasAuthority } from "./authority.ts";
import { bodyMs, boundBody, singleRequestPaths } from "./body-deadline.ts";
import { endAfterAnswer } from "./early-answer.ts";
import type { HttpListener, HttpRequest, HttpResponse, StreamHead } from "./listener.ts";

/** What a guard needs to know. */
export interface GuardOptions {
  /** The Connect adapter. */
  readonly listener: HttpListener;
  /** The services it serves. */
  readonly services: Iterable<DescService>;
  /** Is told what the listener threw, for the log. */
  readonly onError: (error: unknown) => void;
  /** Milliseconds in which the body of a call with a single request message must arrive; 15 000 by default. */
  readonly bodyDeadlineMs?: number;
}

/**
 * A listener that answers 400 to a request without exactly one well-formed host, and 500 without detail when the
 * adapter (or its `contextValues`) throws. It bounds the time for a body (see `boundBody`; the bodies of
 * client-streaming calls are not bounded). A request that is answered before it has arrived completely ends with
 * that answer: its HTTP/1.1 connection is closed, its HTTP/2 stream reset.
 */
export function createGuard(options: GuardOptions): HttpListener {
  const { listener, onError, bodyDeadlineMs = bodyMs } = options;
  const bounded = singleRequestPaths(options.services);
  return (request, response) => {
    if (hasBody(request)) {
      if (bounded.has(pathOf(request))) boundBody(request, response, bodyDeadlineMs);
      endAfterAnswer(request, response);
    }
    if (!hasAuthority(request)) return refuse(response, 400);
    try {
      listener(request, response);
    } catch (error) {
      onError(error);
      refuse(response, 500);
    }
  };
}

/** Streams as `onStream` takes them; one whose handling throws is reset. */
export function guardStreams(
  onStream: (head: StreamHead) => boolean,
  onError: GuardOptions["onError"],
): (head: StreamHead) => boolean {
  return (head) => {
    try {
      return onStream(head);
    } catch (error) {
      onError(error);
      head.stream.close(constants.NGHTTP2_INTERNAL_ERROR);
      return true;
    }
  };
}

function pathOf({ url = "" }: HttpRequest): string {
  const end = url.indexOf("?");
  return end < 0 ? url : url.slice(0, end);
}

function hasBody(request: HttpRequest): boolean {
  if ("stream" in request) return !request.stream.endAfterHeaders;
  const { "transfer-encoding": encoding, "content-length": length } = request.headers;
  return encoding !== undefined || Number(length ?? 0) > 0;
}

function refuse(response: HttpResponse, status: number): void {
  if (!response.headersSent) response.writeHead(status);
  response.end();
}
