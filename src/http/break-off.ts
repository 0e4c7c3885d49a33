// Ends what could not be answered.
import { constants } from "node:http2";
import type { HttpResponse } from "./listener.ts";

/** What could not be answered must not look as if an answer might still come. */
export function breakOff(response: HttpResponse): void {
  if ("stream" in response) return response.stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  response.destroy();
}
