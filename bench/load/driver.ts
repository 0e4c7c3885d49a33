// Drives a server from this process.
import { once } from "node:events";
import { createHistogram } from "node:perf_hooks";
import type { Connection, Repeated } from "./connection.ts";
import { openHttp1 } from "./http1-connection.ts";
import { openHttp2 } from "./http2-connection.ts";
import { type Load, type Outcome, shape } from "./load.ts";
import { signing } from "./signing.ts";

const opening = { "1.1": openHttp1, "2": openHttp2 };
const tickMs = 1;
/** Calls that keep coming while a server pauses must find room: some grant a hundred open ones on a connection. */
const pacedConnections = 32;

/** Drives it for as long as the load says, and waits for the last answers. */
export async function drive(load: Load): Promise<Outcome> {
  const driver = new Driver(load);
  await driver.run();
  return driver.outcome();
}

class Driver {
  readonly #load: Load;
  readonly #connections: Connection[];
  readonly #latency = createHistogram();
  readonly #idle = new EventTarget();
  #begunMs = 0;
  #untilMs = 0;
  #endedMs = 0;
  #open = 0;
  #calls = 0;
  #failed = 0;
  #bytes = 0;

  constructor(load: Load) {
    this.#load = load;
    const sign = signing(load.signer);
    const common = { url: new URL(load.url), request: load.request, sign };
    const { connections } = shape[load.http];
    const length = load.perSecond === undefined ? connections : pacedConnections;
    this.#connections = Array.from({ length }, () => {
      const connection: Connection = opening[load.http]({
        ...common,
        onAnswer: (...answer) => this.#answered(connection, ...answer),
      });
      return connection;
    });
  }

  async run(): Promise<void> {
    const { perSecond, seconds } = this.#load;
    if (perSecond !== undefined) await this.#connect();
    this.#begunMs = performance.now();
    this.#untilMs = this.#begunMs + seconds * 1000;
    if (perSecond === undefined) this.#begin();
    else await this.#keepPace(perSecond);
    if (this.#open > 0) await once(this.#idle, "idle");
    this.#endedMs = performance.now();
    for (const connection of this.#connections) connection.close();
  }

  outcome(): Outcome {
    const seconds = (this.#endedMs - this.#begunMs) / 1000;
    const { max } = this.#latency;
    const latency = {
      median: this.#latency.percentile(50),
      p99: this.#latency.percentile(99),
      max,
    };
    return { calls: this.#calls, failed: this.#failed, seconds, bytes: this.#bytes, latency };
  }

  /** A call on each connection, which do not count: it takes a server long to accept many at once. */
  async #connect(): Promise<void> {
    for (const connection of this.#connections) this.#call(connection);
    await once(this.#idle, "idle");
    this.#calls = 0;
    this.#bytes = 0;
    this.#latency.reset();
  }

  #begin(): void {
    const { calls } = shape[this.#load.http];
    for (const connection of this.#connections)
      for (let call = 0; call < calls; call += 1) this.#call(connection);
  }

  /** Sends what is due at each tick, whether earlier calls were answered or not. */
  async #keepPace(perSecond: number): Promise<void> {
    for (let sent = 0, now = this.#begunMs; now < this.#untilMs; now = performance.now()) {
      for (const due = ((now - this.#begunMs) / 1000) * perSecond; sent < due; sent += 1) {
        const connection = this.#connections[sent % this.#connections.length];
        if (connection) this.#call(connection);
      }
      await new Promise((resolve) => setTimeout(resolve, tickMs));
    }
  }

  #call(connection: Connection): void {
    this.#open += 1;
    connection.call(performance.now());
  }

  #answered(
    connection: Connection,
    ...[startedMs, failed, bytes]: Parameters<Repeated["onAnswer"]>
  ) {
    const now = performance.now();
    this.#open -= 1;
    this.#calls += 1;
    this.#failed += Number(failed !== (this.#load.wants === "refusal"));
    this.#bytes += bytes;
    this.#latency.record(Math.max(1, Math.round((now - startedMs) * 1000)));
    if (this.#load.perSecond === undefined && now < this.#untilMs) this.#call(connection);
    if (this.#open === 0) this.#idle.dispatchEvent(new Event("idle"));
  }
}
