// Tells the other servers on a database that something was committed, and learns it from them. A message may get lost
// with a connection: it saves those who follow changes from waiting until they look again, and nothing more.
import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import pg from "pg";
import type { Others } from "./engine.ts";
import { applicationName, type SessionPool } from "./postgres-pool.ts";

/** The channel that all servers on a database listen to. */
const channel = "metal_change";
/** How long to wait before connecting again, in milliseconds. */
const againMs = 1_000;
/** How long the end of a connection may take, in milliseconds. */
const farewellMs = 500;

/** Others, and how to end it. */
export interface PostgresOthers extends Others {
  close(): Promise<void>;
}

/** Speaks on sessions of `pool`, and listens on a connection of its own. Resolves when it hears for the first time. */
export async function openPostgresOthers(url: string, pool: SessionPool): Promise<PostgresOthers> {
  const self = randomUUID();
  const speaker = new Speaker(() =>
    pool.use((session) => session.query("select pg_notify($1, $2)", [channel, self])),
  );
  const listeners: (() => void)[] = [];
  const hear = (from: string) => {
    if (from !== self) for (const listener of listeners) listener();
  };
  const ear = await openEar(url, hear);
  return {
    announce: () => speaker.announce(),
    listen: (listener) => {
      listeners.push(listener);
    },
    close: async () => {
      await ear.close();
      await speaker.settled;
    },
  };
}

/** Says one thing after the other, and once what was to be said several times meanwhile. */
class Speaker {
  readonly #say: () => Promise<unknown>;
  #waiting = false;
  settled: Promise<void> | undefined;

  constructor(say: () => Promise<unknown>) {
    this.#say = say;
  }

  announce(): void {
    this.#waiting = true;
    this.settled ??= this.#sayAll().finally(() => (this.settled = undefined));
  }

  async #sayAll(): Promise<void> {
    while (this.#waiting) {
      this.#waiting = false;
      // Those who are not told look by themselves.
      await this.#say().catch(() => undefined);
    }
  }
}

/** A connection that listens. */
interface Ear {
  readonly client: pg.Client;
  readonly ended: Promise<void>;
}

/** Calls `hear` with whatever is said, on one connection after the other, until it is closed. */
async function openEar(url: string, hear: (from: string) => void) {
  const closing = new AbortController();
  let ear = await connect(url, hear);
  const listen = async () => {
    for (;;) {
      await ear.ended;
      ear = await reconnect(() => connect(url, hear), closing.signal);
      // Whatever was said meanwhile has not been heard.
      hear("");
    }
  };
  // It ends when `closing` is aborted.
  void listen().catch(() => undefined);
  return {
    close: async () => {
      closing.abort();
      // A database that does not answer keeps nobody waiting.
      await Promise.race([ear.client.end(), pause(farewellMs, undefined, { ref: false })]);
    },
  };
}

/** Rejects when `signal` is aborted. */
async function reconnect(open: () => Promise<Ear>, signal: AbortSignal): Promise<Ear> {
  for (;;) {
    await pause(againMs, undefined, { signal, ref: false });
    const ear = await open().catch(() => undefined);
    if (ear !== undefined && !signal.aborted) return ear;
    await ear?.client.end();
  }
}

async function connect(url: string, hear: (from: string) => void): Promise<Ear> {
  const client = new pg.Client({
    connectionString: url,
    keepAlive: true,
    connectionTimeoutMillis: 5_000,
    fallback_application_name: applicationName,
  });
  const ended = Promise.withResolvers<void>();
  client.on("error", () => {});
  client.on("end", () => ended.resolve());
  client.on("notification", ({ payload = "" }) => hear(payload));
  await client.connect();
  await client.query(`listen ${channel}`);
  return { client, ended: ended.promise };
}
