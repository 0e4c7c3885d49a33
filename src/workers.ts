// Several servers on one port: the process that was started watches over them, starts again what ends by itself, and
// passes on the signals that it gets. Each of them is a whole server, as replicas are.
import cluster, { type Worker } from "node:cluster";
import type { Log } from "./interceptors/log.ts";

/** Where workers listen. */
export interface Place {
  readonly address: string;
  readonly port: number;
}

/** What a supervisor is made of. */
export interface SupervisorOptions {
  readonly count: number;
  readonly log: Log;
  /** Signals that workers understand beside those that stop them. */
  readonly signals: readonly NodeJS.Signals[];
}

/** The workers of this process. */
export interface Supervisor {
  /** Starts all of them, and resolves when they listen. Rejects with EndedError if one ends before. */
  start(): Promise<Place>;
  /** Whether all of them take calls. */
  readonly complete: boolean;
  /** Lets all of them end, and resolves with the highest of their exit statuses. */
  stop(): Promise<number>;
}

/** A worker ended before it listened, and has said why. */
export class EndedError extends Error {
  override readonly name = "EndedError";
  readonly status: number;

  constructor(status: number) {
    super(`a worker ended with status ${status} before it listened`);
    this.status = status;
  }
}

/** The pause before a worker that ended is started again doubles from the first to the second, in milliseconds. */
const pauseMs = { first: 500, longest: 30_000 } as const;
/** A worker that lived so long begins with the first pause again. */
const soundMs = 60_000;

/** Watches over workers that run the same program with the same arguments. */
export function createSupervisor(options: SupervisorOptions): Supervisor {
  return new Workers(options);
}

class Workers implements Supervisor {
  readonly #options: SupervisorOptions;
  readonly #serving = new Set<Worker>();
  readonly #ends = new Map<Worker, Promise<number>>();
  #stopping = false;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    for (const signal of options.signals)
      process.on(signal, () => this.#all((worker) => worker.process.kill(signal)));
  }

  get complete(): boolean {
    return !this.#stopping && this.#serving.size === this.#options.count;
  }

  async start(): Promise<Place> {
    // The first one brings the store up to date; a problem that all would have is told once.
    const place = await this.#begin(0);
    const others = Array.from({ length: this.#options.count - 1 }, () => this.#begin(0));
    await Promise.all(others);
    return place;
  }

  async stop(): Promise<number> {
    this.#stopping = true;
    this.#all((worker) => worker.process.kill("SIGTERM"));
    return Math.max(0, ...(await Promise.all(this.#ends.values())));
  }

  #all(act: (worker: Worker) => void): void {
    for (const worker of this.#ends.keys()) act(worker);
  }

  /** Starts a worker that follows on so many that ended one after the other. Resolves when it listens. */
  #begin(failures: number): Promise<Place> {
    const worker = cluster.fork();
    const startedMs = performance.now();
    const listening = Promise.withResolvers<Place>();
    worker.once("listening", (place) => {
      this.#serving.add(worker);
      listening.resolve(place);
    });
    const ended = Promise.withResolvers<number>();
    this.#ends.set(worker, ended.promise);
    worker.once("exit", (code: number | null, signal: string | null) => {
      const status = code ?? 1;
      const served = this.#serving.delete(worker);
      this.#ends.delete(worker);
      ended.resolve(status);
      if (!served) listening.reject(new EndedError(status));
      if (!this.#stopping && (served || failures > 0)) {
        const lived = performance.now() - startedMs;
        this.#again({ code, signal }, lived > soundMs ? 0 : failures);
      }
    });
    return listening.promise;
  }

  #again(end: object, failures: number): void {
    const againInMs = Math.min(pauseMs.first * 2 ** failures, pauseMs.longest);
    this.#options.log.error({ ...end, againInMs }, "a worker ended by itself");
    setTimeout(() => {
      // If it fails as well, its end is what starts the next one.
      if (!this.#stopping) this.#begin(failures + 1).catch(() => undefined);
    }, againInMs);
  }
}
