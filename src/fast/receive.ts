// Reads the body of a request, in pieces as they come.
import type { Message } from "@bufbuild/protobuf";
import type { HttpRequest } from "../http/listener.ts";
import type { Intake } from "./protocol.ts";

/**
 * The message of `request`. Rejects with what `intake` throws, after which nothing can be read any more, with the
 * error of the request, or if its sender goes away before its end.
 */
export function receive(request: HttpRequest, intake: Intake): Promise<Message> {
  return new Promise((resolve, reject) => {
    const finish = () => {
      request.off("data", take);
      try {
        resolve(intake.end());
      } catch (error) {
        reject(error);
      }
    };
    const take = (piece: Uint8Array) => {
      try {
        if (!intake.push(piece)) return;
        request.pause();
        finish();
      } catch (error) {
        request.off("data", take);
        request.destroy();
        reject(error);
      }
    };
    request.on("data", take).once("end", finish).once("error", reject);
    request.once("close", () => {
      if (!request.readableEnded) reject(new Error("the request ended before its end"));
    });
  });
}
