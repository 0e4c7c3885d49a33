// The bare servers of a run, each started when it is first needed and kept until the end.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Bare } from "./contender.ts";
import { type ServerProcess, startServer } from "./server-process.ts";
import { keepPrepared, type Prepared } from "./servers/prepared.ts";
import type { Http } from "./wire.ts";

/** Servers by what they are. Use with `await using`. */
export class BareServers implements AsyncDisposable {
  readonly #folder: string;
  readonly #started = new Map<string, Promise<ServerProcess>>();

  /** `folder` is made for their logs, and for the answers that all of them give. */
  constructor(folder: string, prepared: Prepared) {
    this.#folder = folder;
    mkdirSync(folder);
    keepPrepared(folder, prepared);
  }

  /** The server that speaks this version of HTTP. Rejects if it does not, or does not start. */
  get(bare: Bare, http: Http): Promise<ServerProcess> {
    const key = `${bare.name.replace(":", "-")} ${http}`;
    const server = this.#started.get(key) ?? this.#start(bare, http, join(this.#folder, key));
    this.#started.set(key, server);
    return server;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of await Promise.allSettled(this.#started.values()))
      if (server.status === "fulfilled") await server.value[Symbol.asyncDispose]();
  }

  #start({ name, scripts }: Bare, http: Http, log: string): Promise<ServerProcess> {
    const script = scripts[http];
    if (script === undefined) throw new Error(`${name} does not speak HTTP/${http}`);
    return startServer({ script, args: [this.#folder, http], log });
  }
}
