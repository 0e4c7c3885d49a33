// Reads the body of a request, in pieces as they come.
import type { Readable } from "node:stream";
import type { Message } from "@bufbuild/protobuf";
import type { Intake } from "./protocol.ts";

/** How long a body may take, in milliseconds, and the error of one that takes longer. */
export interface BodyLimit {
  readonly withinMs: number;
  readonly tooLate: () => Error;
}

/**
 * The message that `source` brings. Rejects with what `intake` throws, after which the rest stays unread, with the error of
 * the source, if it is closed before its end, or if it takes too long.
 */
export function receive(source: Readable, intake: Intake, limit?: BodyLimit): Promise<Message> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) => {
      stop();
      source.pause();
      reject(error);
    };
    const attempt = (step: () => void) => {
      try {
        step();
      } catch (error) {
        fail(error);
      }
    };
    const finish = () =>
      attempt(() => {
        resolve(intake.end());
        stop();
      });
    const take = (piece: Uint8Array) =>
      attempt(() => {
        if (!intake.push(piece)) return;
        source.pause();
        finish();
      });
    const close = () => fail(new Error("the request ended before its end"));
    const timer = limit && setTimeout(() => fail(limit.tooLate()), limit.withinMs).unref();
    const stop = () => {
      clearTimeout(timer);
      source.off("data", take).off("end", finish).off("error", fail).off("close", close);
    };
    // A body of nothing, and a client that left, may have come to their end before anybody reads.
    if (source.readableEnded) finish();
    else if (source.destroyed) close();
    else source.on("data", take).once("end", finish).once("error", fail).once("close", close);
  });
}
