// Server processes that share a database, to be killed, frozen and started again.
import { type ChildProcess, spawn } from "node:child_process";
import { createHmac, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { DescService } from "@bufbuild/protobuf";
import { type Client, createClient, type Interceptor, type Transport } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";

const root = join(import.meta.dirname, "../..");
const key = randomBytes(32).toString("base64");
/** A call that takes longer has failed, in milliseconds. */
const deadlineMs = 20_000;

/** A server and those who call it. */
export interface Replica {
  /** Where the process that runs now listens. */
  readonly url: string;
  /** A client as an admin of the process that runs now. */
  client<S extends DescService>(service: S): Client<S>;
  /** GET of a probe; 0 if there is no answer within ten seconds. */
  probe(path: "/healthz" | "/readyz"): Promise<number>;
  signal(signal: "SIGSTOP" | "SIGCONT"): void;
  end(signal: "SIGKILL" | "SIGTERM"): Promise<void>;
  start(): Promise<void>;
  /** Ends it and removes its data. */
  remove(): Promise<void>;
}

/** Starts a server on a database. */
export async function startReplica(databaseUrl: string): Promise<Replica> {
  const replica = new OwnReplica(databaseUrl);
  await replica.start();
  return replica;
}

class OwnReplica implements Replica {
  readonly #databaseUrl: string;
  readonly #data = mkdtempSync(join(tmpdir(), "metal-replica-"));
  #child: ChildProcess | undefined;
  #url = "";
  #transport: Transport | undefined;

  constructor(databaseUrl: string) {
    this.#databaseUrl = databaseUrl;
  }

  get url(): string {
    return this.#url;
  }

  client<S extends DescService>(service: S): Client<S> {
    if (this.#transport === undefined) throw new Error("the replica does not run");
    return createClient(service, this.#transport);
  }

  async probe(path: string): Promise<number> {
    const signal = AbortSignal.timeout(10_000);
    const answer = await fetch(this.#url + path, { signal }).catch(() => undefined);
    return answer?.status ?? 0;
  }

  signal(signal: "SIGSTOP" | "SIGCONT"): void {
    this.#child?.kill(signal);
  }

  async end(signal: "SIGKILL" | "SIGTERM"): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined) return;
    const ended = once(child, "exit");
    child.kill(signal);
    await ended;
  }

  async start(): Promise<void> {
    const args = ["src/main.ts", "--listen", "127.0.0.1:0", "--data", this.#data];
    // Settings of whoever runs the tests must not reach the server.
    const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("METAL_"));
    const own = {
      METAL_DATABASE_URL: this.#databaseUrl,
      METAL_HMAC_ADMIN_KEY: key,
      METAL_SECRETS_KEY: "secrets key of tests, 32 bytes or more",
    };
    this.#child = spawn(process.execPath, args, {
      cwd: root,
      env: { ...Object.fromEntries(inherited), ...own },
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.#url = await served(this.#child);
    this.#transport = createConnectTransport({
      baseUrl: this.#url,
      httpVersion: "2",
      interceptors: [signing],
      defaultTimeoutMs: deadlineMs,
    });
  }

  async remove(): Promise<void> {
    await this.end("SIGKILL");
    rmSync(this.#data, { recursive: true, force: true });
  }
}

/** The address in the log entry that says that calls are taken. */
async function served(child: ChildProcess): Promise<string> {
  const seen: string[] = [];
  if (child.stderr === null) throw new Error("the log is not piped");
  for await (const line of createInterface({ input: child.stderr })) {
    seen.push(line);
    const url = /"url":"([^"]+)"/.exec(line)?.[1];
    if (url === undefined) continue;
    child.stderr.resume();
    return url;
  }
  throw new Error(`the server did not start:\n${seen.join("\n")}`);
}

/** Headers of an admin, for one call. */
export function signature(): Record<string, string> {
  const date = `${new Date().toISOString().slice(0, 19)}Z`;
  const salt = randomBytes(12).toString("hex");
  const mac = createHmac("sha256", key).update(`${date}POST${salt}`).digest("hex");
  return { authorization: `Metal-Admin ${mac}`, "x-date": date, "x-data-salt": salt };
}

const signing: Interceptor = (next) => (request) => {
  for (const [name, value] of Object.entries(signature())) request.header.set(name, value);
  return next(request);
};
