// Raw node:http.
import { createServer } from "node:http";
import { answerTo } from "./exchange.ts";
import { serve } from "./serve.ts";

const server = createServer((request, response) => {
  const type = request.headers["content-type"] ?? "";
  const chunks: Uint8Array[] = [];
  request.on("data", (chunk: Uint8Array) => chunks.push(chunk));
  request.on("end", () => {
    const answer = answerTo(request.url, type, chunks);
    response.writeHead(200, { "content-type": type, "content-length": Buffer.byteLength(answer) });
    response.end(answer);
  });
});

await serve(server);
