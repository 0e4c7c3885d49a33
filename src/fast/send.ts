// Writes answers in either version of HTTP.
import type { ServerResponse } from "node:http";
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
  if (trailers !== undefined) response.addTrailers(trailers.toNode());
  const waitForTrailers = trailers !== undefined;
  stream.respond({ ":status": status, ...headers.toNode() }, { waitForTrailers });
  stream.end(body);
}

function sendHttp1({ status, headers, body, trailers }: Answer, response: ServerResponse): void {
  response.writeHead(status, headers.toNode());
  if (trailers !== undefined) response.addTrailers(trailers.toNode());
  response.end(body);
}
