// Refuses a request for which there is no room, without looking at it.
import { constants } from "node:http2";
import type { HttpResponse, StreamHead } from "./listener.ts";

/**
 * On HTTP/2 the stream is refused, which tells clients that nothing was done and that they may try again (RFC 9113,
 * section 8.7). On HTTP/1.1 the answer is 503, and the last one of its connection.
 */
export function refuseSurplus(response: HttpResponse | StreamHead): void {
  if ("stream" in response) return response.stream.close(constants.NGHTTP2_REFUSED_STREAM);
  response.writeHead(503, { connection: "close", "retry-after": "1" });
  response.end();
}
