// The load generator of nghttp2, where it is installed (Debian: apt-get install nghttp2-client). Its headers never
// change, so it cannot sign calls.
import { execFile, spawnSync } from "node:child_process";
import { mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir, setPriority } from "node:os";
import { join } from "node:path";
import type { Request } from "../wire.ts";
import { type Load, niceness, type Outcome, shape } from "./load.ts";

/** True if h2load is found on the PATH. */
export const hasH2load = (): boolean => spawnSync("h2load", ["--version"]).status === 0;

/** Drives a server with h2load. */
export async function h2load(load: Load): Promise<Outcome> {
  await using folder = await mkdtempDisposable(join(tmpdir(), "metal-bench-"));
  const body = join(folder.path, "body");
  await writeFile(body, load.request.body);
  const text = await run([...argumentsOf(load), "--data", body, `${load.url}${load.request.path}`]);
  return outcomeOf(text, load);
}

function argumentsOf({ http, request, seconds }: Load): string[] {
  const { connections, calls } = shape[http];
  const headers = Object.entries(request.headers).map(
    ([name, value]) => `--header=${name}: ${value}`,
  );
  return [
    `--clients=${connections}`,
    `--max-concurrent-streams=${calls}`,
    `--duration=${Math.ceil(seconds * 1000)}ms`,
    ...(http === "1.1" ? ["--h1"] : []),
    ...headers,
  ];
}

function run(args: readonly string[]): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const child = execFile("h2load", args, (error, stdout) =>
    error ? reject(error) : resolve(stdout),
  );
  if (child.pid !== undefined) setPriority(child.pid, niceness);
  return promise;
}

/** Reads what h2load prints. Throws if that has another form. gRPC's refusals have the status of an answer. */
export function outcomeOf(
  text: string,
  load: Pick<Load, "seconds" | "wants" | "request">,
): Outcome {
  const done = /(\d+) done, (\d+) succeeded/.exec(text)?.slice(1).map(Number);
  const bytes = /\((\d+)\) data$/m.exec(text)?.[1];
  const [calls, succeeded] = done ?? [];
  if (calls === undefined || succeeded === undefined || bytes === undefined)
    throw new Error(`h2load printed something else than usual:\n${text}`);
  const isRefused = load.wants === "refusal" && !isGrpc(load.request);
  const failed = isRefused ? succeeded : calls - succeeded;
  return { calls, failed, seconds: load.seconds, bytes: Number(bytes) };
}

const isGrpc = ({ headers }: Request) => headers["content-type"]?.startsWith("application/grpc");
