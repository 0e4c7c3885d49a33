// Raw node:http2, by its streams, which are faster than its requests and responses.
import { createServer, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import { answerTo, grpcType } from "./exchange.ts";
import { serve } from "./serve.ts";

const server = createServer();
server.on("stream", (stream, headers) => {
  const chunks: Uint8Array[] = [];
  stream.on("data", (chunk: Uint8Array) => chunks.push(chunk));
  stream.on("end", () => respond(stream, headers, chunks));
});

function respond(
  stream: ServerHttp2Stream,
  { ":path": path, "content-type": type }: IncomingHttpHeaders,
  chunks: readonly Uint8Array[],
): void {
  const answer = answerTo(path, type, chunks);
  const waitForTrailers = type === grpcType;
  stream.respond({ ":status": 200, "content-type": type }, { waitForTrailers });
  if (waitForTrailers) stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
  stream.end(answer);
}

await serve(server);
