// Writes answers in either version of HTTP.
import type { OutgoingHttpHeaders } from "node:http";
import type { HttpResponse } from "../http/listener.ts";
import type { Answer } from "./protocol.ts";

/** Sends `answer` as `response`. Throws if a header has no place in HTTP. */
export function send({ status, headers, body, trailers }: Answer, response: HttpResponse): void {
  response.writeHead(status, nodeHeaders(headers));
  if (trailers !== undefined) response.addTrailers(nodeHeaders(trailers));
  if (body === undefined) response.end();
  else response.end(body);
}

/** Only `set-cookie` may come more than once; others are joined by then. */
function nodeHeaders(headers: Headers): OutgoingHttpHeaders {
  const cookies = headers.getSetCookie();
  const all: OutgoingHttpHeaders = Object.fromEntries(headers);
  if (cookies.length > 0) all["set-cookie"] = cookies;
  return all;
}
