// A server as a process of its own, with its log in a file.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { Question, Usage } from "./servers/gauge.ts";

/** What to start. */
export interface ServerCommand {
  /** The module, relative to the root of the project. */
  readonly script: string;
  readonly args: readonly string[];
  /** Where its log goes; the folder exists. */
  readonly log: string;
}

/** A server that takes calls. Use with `await using`. */
export interface ServerProcess extends AsyncDisposable {
  /** Where it listens: scheme, host and port. */
  readonly url: string;
  readonly pid: number;
  /** Rejects if the process is gone. */
  usage(question?: Question): Promise<Usage>;
}

const root = join(import.meta.dirname, "..");
const gauge = join(import.meta.dirname, "servers/gauge.ts");
const lookEveryMs = 10;

/** Starts a server and waits until it listens. Throws, with its log, if it ends before. */
export async function startServer(command: ServerCommand): Promise<ServerProcess> {
  const { script, args, log } = command;
  const file = openSync(log, "a");
  const child = spawn(
    process.execPath,
    // What Node was told for the benchmark, to write a profile for example, it is told for servers as well.
    [...process.execArgv, "--import", gauge, join(root, script), ...args],
    { env: withoutSettings(), stdio: ["ignore", file, file, "ipc"] },
  );
  closeSync(file);
  const url = await listening(child, log);
  return {
    url,
    pid: child.pid ?? Number.NaN,
    usage: (question = "usage") => ask(child, question),
    [Symbol.asyncDispose]: () => end(child),
  };
}

/** Settings of whoever runs the benchmark must not reach the server. */
function withoutSettings(): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("METAL_"));
  return { ...Object.fromEntries(inherited), NODE_ENV: "production" };
}

async function listening(child: ChildProcess, log: string): Promise<string> {
  for (;;) {
    const url = /"url":"([^"]+)"/.exec(readFileSync(log, "utf8"))?.[1];
    if (url !== undefined) return url;
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(`a server did not start:\n${readFileSync(log, "utf8")}`);
    await pause(lookEveryMs);
  }
}

async function ask(child: ChildProcess, question: Question): Promise<Usage> {
  if (!child.connected) throw new Error("a server has ended while it was measured");
  const ended = new AbortController();
  const onExit = () => ended.abort(new Error("a server has ended while it was measured"));
  child.once("exit", onExit).send(question);
  const [usage] = (await once(child, "message", ended)) as [Usage];
  child.off("exit", onExit);
  return usage;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  await ended;
}
