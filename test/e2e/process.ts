// A real server process on a free port, with its data in a folder of its own.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parse } from "yaml";

const root = join(import.meta.dirname, "../..");

/** How a process ended. */
export interface End {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the server until it ends by itself: `--help`, wrong settings. */
export async function runServer(args: readonly string[], environment = {}): Promise<End> {
  const child = start(args, environment);
  const texts = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const)
    child[name]?.on("data", (chunk) => (texts[name] += String(chunk)));
  const [code] = (await once(child, "close")) as [number | null];
  return { code, ...texts };
}

function start(args: readonly string[], environment: object): ChildProcess {
  // Settings of whoever runs the tests must not reach the server.
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("METAL_"));
  return spawn(process.execPath, [join(root, "src/main.ts"), ...args], {
    env: { ...Object.fromEntries(inherited), ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

/** A server that runs. */
export interface RunningServer {
  readonly url: string;
  /** Where it tells metrics; empty if it does not. */
  readonly metricsUrl: string;
  readonly data: string;
  readonly pid: number;
  /** The keys it made at its first start, by name of the user; none if its settings name users. */
  readonly keys: Readonly<Record<string, string>>;
  /** Sends a signal. */
  send(signal: NodeJS.Signals): void;
  /** Sends a signal and waits for the end; the data stays. */
  end(signal: NodeJS.Signals): Promise<number | null>;
  /** Starts it again on the same data. */
  again(): Promise<RunningServer>;
  /** Ends it and removes its data. */
  remove(): Promise<void>;
}

/** Starts a server on an empty folder, with these settings on top. */
export function startServer(args: readonly string[] = []): Promise<RunningServer> {
  return serve(mkdtempSync(join(tmpdir(), "metal-e2e-")), args);
}

async function serve(data: string, args: readonly string[]): Promise<RunningServer> {
  const listen = args.includes("--listen") ? [] : ["--listen", "127.0.0.1:0"];
  const child = start([...listen, "--data", data, ...args], {});
  const { url, metricsUrl } = await served(child);
  const ended = once(child, "exit") as Promise<[number | null]>;
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    const [code] = await ended;
    return code;
  };
  return {
    url,
    metricsUrl,
    data,
    pid: child.pid ?? 0,
    send: (signal) => void child.kill(signal),
    keys: keysIn(join(data, "credentials.yaml")),
    end,
    again: () => serve(data, args),
    remove: async () => {
      if (child.exitCode === null && child.signalCode === null) await end("SIGKILL");
      rmSync(data, { recursive: true, force: true });
    },
  };
}

/** The addresses in the log entry that says that calls are taken. */
async function served(child: ChildProcess): Promise<{ url: string; metricsUrl: string }> {
  const seen: string[] = [];
  if (child.stderr === null) throw new Error("the log is not piped");
  for await (const line of createInterface({ input: child.stderr })) {
    seen.push(line);
    const url = /"url":"([^"]+)"/.exec(line)?.[1];
    if (url === undefined) continue;
    child.stderr.resume();
    return { url, metricsUrl: /"metricsUrl":"([^"]+)"/.exec(line)?.[1] ?? "" };
  }
  throw new Error(`the server did not start:\n${seen.join("\n")}`);
}

function keysIn(path: string): Record<string, string> {
  if (!existsSync(path)) return {};
  const { users } = parse(readFileSync(path, "utf8"));
  return Object.fromEntries(
    users.map(({ name, key }: { name: string; key: string }) => [name, key]),
  );
}
