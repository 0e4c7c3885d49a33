// The command line for shells of this process: it runs here, where it is loaded already, and a shell starts no more than
// a small client for it. A start of its own would take ten times as long as most commands.
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import { run } from "../src/cli/run.ts";

/** What came of a command. */
export interface Printed {
  readonly status: number;
  /** What it wrote, piece by piece, and whether to standard output (1) or standard error (2). */
  readonly pieces: readonly (readonly [1 | 2, string])[];
}

/** Runs `metal` with these arguments as somebody whose home is `home` and who is in `cwd`. */
export async function metal(
  args: readonly string[],
  { home, cwd }: { readonly home: string; readonly cwd: string },
): Promise<Printed> {
  const pieces: [1 | 2, string][] = [];
  const status = await run(args, {
    stdout: (text) => void pieces.push([1, text]),
    stderr: (text) => void pieces.push([2, text]),
    env: { HOME: home },
    cwd,
    now: () => new Date(),
    interactive: false,
    readStdin: async () => "",
    ask: async () => "",
    edit: async () => {},
  });
  return { status, pieces };
}

/** Puts `metal` for shells into `folder`, which is their home. It works until it is disposed of. */
export async function openCounter(folder: string): Promise<AsyncDisposable> {
  const socketPath = join(folder, "counter");
  const server = createServer((request, response) => {
    json(request).then(
      (order) => serve(order as Order, folder, response),
      () => response.destroy(),
    );
  });
  server.listen(socketPath);
  await once(server, "listening");
  writeFileSync(join(folder, "counter.mjs"), client);
  const shim = `#!/bin/sh\nexec "${process.execPath}" "${folder}/counter.mjs" "$@"\n`;
  writeFileSync(join(folder, "metal"), shim, { mode: 0o755 });
  return {
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

/** What a client asks for. */
interface Order {
  readonly args: readonly string[];
  readonly cwd: string;
}

async function serve({ args, cwd }: Order, home: string, response: ServerResponse): Promise<void> {
  response.end(JSON.stringify(await metal(args, { home, cwd })));
}

const client = `
import { once } from "node:events";
import { writeSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { json } from "node:stream/consumers";

const call = request({ socketPath: join(import.meta.dirname, "counter"), method: "POST" });
call.end(JSON.stringify({ args: process.argv.slice(2), cwd: process.cwd() }));
const [response] = await once(call, "response");
const { status, pieces } = await json(response);
process.exitCode = status;
try {
  for (const [stream, text] of pieces) writeSync(stream, text);
} catch (error) {
  // Whoever reads, as head does, may have read enough.
  if (error.code !== "EPIPE") throw error;
}
`;
