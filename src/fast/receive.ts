// Reads the body of a request, in pieces as they come.
import type { Message } from "@bufbuild/protobuf";
import type { HttpRequest } from "../http/listener.ts";
import type { Intake } from "./protocol.ts";

/**
 * The message of `request`. Rejects with what `intake` throws, after which the rest stays unread, with the error of the
 * request, or if its sender goes away before its end.
 */
export function receive(request: HttpRequest, intake: Intake): Promise<Message> {
  return new Promise((resolve, reject) => {
    const stop = () => request.off("data", take).off("end", finish).pause();
    const attempt = (step: () => void) => {
      try {
        step();
      } catch (error) {
        stop();
        reject(error);
      }
    };
    const finish = () => attempt(() => resolve(intake.end()));
    const take = (piece: Uint8Array) =>
      attempt(() => {
        if (!intake.push(piece)) return;
        stop();
        finish();
      });
    request.on("data", take).once("end", finish).once("error", reject);
    request.once("close", () => {
      if (!request.readableEnded) reject(new Error("the request ended before its end"));
    });
  });
}
