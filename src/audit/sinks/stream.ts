// Standard output as a sink of the audit, for whoever collects what processes print. The log goes to standard error.
import type { Writable } from "node:stream";
import { jsonLines, type Sink } from "./sink.ts";

/** A stream that is there for as long as the process. */
export function createStreamSink(name: string, stream: Writable): Sink {
  // What fails is told to whoever wrote; without a listener it would end the process as well.
  stream.on("error", () => {});
  return {
    name,
    write: (batch) =>
      new Promise((resolve, reject) => {
        const text = batch.flatMap(jsonLines).map((line) => `${line}\n`);
        stream.write(text.join(""), (error) => (error ? reject(error) : resolve()));
      }),
  };
}
