// Counts which identity calls which RPC. Plain reads leave no record in the audit, and a record for each would cost a
// commit for each: calls are counted in memory and written every few seconds, so that the end of a process without
// warning loses those seconds at most.
import type { Usage } from "../../gen/metal/store/v1/usage_pb.ts";
import type { Call } from "../rbac/call.ts";
import type { Store, Transaction } from "../store/store.ts";
import { dayOf, isForgotten, merged, usageOf } from "./usage-entry.ts";
import { Tallies, type Tally } from "./usage-tally.ts";

/** Counts calls. */
export interface UsageCounter {
  /** Counts an allowed call of an identified caller; every other one is passed over. Never throws. */
  count(call: Call): void;
  /** Writes what has been counted. Never rejects: what cannot be written is tried again. */
  flush(): Promise<void>;
  /** Writes what has been counted, and writes no more by itself. */
  stop(): Promise<void>;
}

export interface UsageOptions {
  readonly store: Pick<Store, "transaction" | "read">;
  /** Told when counts cannot be written. */
  readonly onError: (error: unknown) => void;
  /** How long calls are only in memory, in milliseconds. */
  readonly everyMs?: number;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

const defaultEveryMs = 5_000;
/** So many entries go into one transaction, so that others get their turn. */
const batchSize = 100;
/** So many entries are looked at together when old ones are removed. */
const pageSize = 500;

/** A counter on `store`. */
export function createUsageCounter(options: UsageOptions): UsageCounter {
  const counter = new Counter(options);
  const timer = setInterval(() => void counter.flush(), options.everyMs ?? defaultEveryMs);
  timer.unref();
  return {
    count: (call) => counter.count(call),
    flush: () => counter.flush(),
    stop: () => {
      clearInterval(timer);
      return counter.flush();
    },
  };
}

class Counter {
  readonly #options: UsageOptions;
  readonly #now: () => number;
  readonly #tallies = new Tallies();
  #writing: Promise<void> = Promise.resolve();
  #cleanedDay = 0;

  constructor(options: UsageOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  count({ principal, decision, procedure }: Call): void {
    if (principal === undefined || !decision.allowed) return;
    this.#tallies.count(principal, procedure.slice(1), this.#now());
  }

  /** One after the other: two writes of one entry would only make each other try again. */
  flush(): Promise<void> {
    this.#writing = this.#writing.then(() => this.#write());
    return this.#writing;
  }

  async #write(): Promise<void> {
    const taken = this.#tallies.take();
    for (let start = 0; start < taken.length; start += batchSize)
      await this.#writeBatch(taken.slice(start, start + batchSize));
    await this.#clean();
  }

  async #writeBatch(batch: readonly Tally[]): Promise<void> {
    const usages = batch.map(usageOf);
    try {
      await this.#options.store.transaction(async (tx) => {
        for (const usage of usages) await keep(tx, usage);
      });
    } catch (error) {
      this.#options.onError(error);
      this.#tallies.putBack(batch);
    }
  }

  /** Once a day, what is forgotten makes room. */
  async #clean(): Promise<void> {
    const today = dayOf(this.#now());
    if (this.#cleanedDay === today) return;
    try {
      await this.#removeForgotten();
      this.#cleanedDay = today;
    } catch (error) {
      this.#options.onError(error);
    }
  }

  async #removeForgotten(): Promise<void> {
    const { store } = this.#options;
    let after = "";
    for (;;) {
      const page = await store.read.usage.list({ after, limit: pageSize });
      const last = page.at(-1);
      if (last === undefined) return;
      after = last.id;
      const ids = page.filter((usage) => isForgotten(usage, this.#now())).map(({ id }) => id);
      if (ids.length > 0) await store.transaction((tx) => this.#remove(tx, ids));
    }
  }

  /** Another replica may have removed an entry, or written it anew. */
  async #remove(tx: Transaction, ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      const usage = await tx.usage.get(id);
      if (usage && isForgotten(usage, this.#now())) await tx.usage.delete(id);
    }
  }
}

async function keep(tx: Transaction, usage: Usage): Promise<void> {
  const kept = await tx.usage.get(usage.id);
  await (kept ? tx.usage.update(merged(kept, usage)) : tx.usage.insert(usage));
}
