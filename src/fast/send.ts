// Writes answers in either version of HTTP.
import type { OutgoingHttpHeaders, ServerResponse } from "node:http";
import { shortenStatus } from "../http/grpc-status.ts";
import type { HttpResponse } from "../http/listener.ts";
import type { Answer } from "./protocol.ts";

type Http2Response = Extract<HttpResponse, { readonly stream: unknown }>;

/** Sends `answer` as `response`. Throws if a header has no place in HTTP. */
export function send(answer: Answer, response: HttpResponse): void {
  if (answer.trailers !== undefined) shortenStatus(answer.trailers);
  if ("stream" in response) sendHttp2(answer, response);
  else sendHttp1(answer, response);
}

/** Past the layer that Node has for code of HTTP/1.1, which gets to know of the trailers. */
function sendHttp2({ status, headers, body, trailers }: Answer, response: Http2Response): void {
  const { stream } = response;
  if (trailers !== undefined) response.addTrailers(nodeHeaders(trailers));
  const waitForTrailers = trailers !== undefined;
  stream.respond({ ":status": status, ...nodeHeaders(headers) }, { waitForTrailers });
  stream.end(body);
}

function sendHttp1({ status, headers, body, trailers }: Answer, response: ServerResponse): void {
  response.writeHead(status, nodeHeaders(headers));
  if (trailers !== undefined) response.addTrailers(nodeHeaders(trailers));
  response.end(body);
}

/** Only `set-cookie` may come more than once; others are joined by then. */
function nodeHeaders(headers: Headers): OutgoingHttpHeaders {
  const all: OutgoingHttpHeaders = Object.fromEntries(headers);
  if (headers.has("set-cookie")) all["set-cookie"] = headers.getSetCookie();
  return all;
}
