// One connection of HTTP/1.1: Node's own client.
import { Agent, request } from "node:http";
import type { Connection, Repeated } from "./connection.ts";

/** Opens one; more than one call at a time waits within it. */
export function openHttp1({ url, request: repeated, sign, onAnswer }: Repeated): Connection {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const target = new URL(repeated.path, url);
  const length = { "content-length": repeated.body.length };
  return {
    call(startedMs) {
      const headers = { ...repeated.headers, ...length, ...Object.fromEntries(sign()) };
      const call = request(target, { method: "POST", agent, headers }, (response) => {
        let bytes = 0;
        response.on("data", (chunk: Buffer) => (bytes += chunk.length));
        response.on("end", () => onAnswer(startedMs, response.statusCode !== 200, bytes));
      });
      call.on("error", () => onAnswer(startedMs, true, 0));
      call.end(repeated.body);
    },
    close: () => agent.destroy(),
  };
}
