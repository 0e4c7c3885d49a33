// The store in SQL, the same for every engine: tables, queries and transactions, without a word of one database's own.
import { unavailable } from "../domain/errors.ts";
import type { Sealer } from "../secrets/sealer.ts";
import { type AuditQueries, createAuditQueries } from "./audit-queries.ts";
import {
  assertOutsideTransaction,
  type Calls,
  TransactionCalls,
  type WriteCalls,
  type Writing,
} from "./calls.ts";
import type { Engine, Executor } from "./engine.ts";
import { entities, type Kind } from "./entities.ts";
import { createEntityQueries, type EntityQueries } from "./entity-queries.ts";
import type { FirstUses } from "./first-uses.ts";
import { migrate } from "./migrations.ts";
import { ChangeNotes } from "./change-notes.ts";
import { createAuditReader, createAuditWriter } from "./sql-audit.ts";
import {
  type ChangeQueries,
  createChangeQueries,
  SqlChanges,
  writeChanges,
} from "./sql-changes.ts";
import {
  createEntityReader,
  createEntityWriter,
  type EntityAccess,
  staleIds,
} from "./sql-entities.ts";
import {
  createPoolQueries,
  createPoolSnapshot,
  createPoolTransaction,
  type PoolQueries,
} from "./sql-pools.ts";
import { createSealQueries, type SealQueries } from "./seal-queries.ts";
import { createSealReader, createSealWriter } from "./sql-seals.ts";
import { Recent } from "./recent.ts";
import type { Snapshot, Store, Transaction } from "./store.ts";

/** What a store is opened with. */
export interface StoreOptions {
  /** The clock, in whole milliseconds since 1970. */
  readonly now?: () => number;
  /** Seals the secrets of entities; they lie readable without. */
  readonly sealer?: Sealer | undefined;
}

/**
 * Opens the store that `engine` keeps, and brings its tables up to date. Throws if a newer version has changed them,
 * and closes the engine then.
 */
export async function openSqlStore(engine: Engine, options: StoreOptions = {}): Promise<Store> {
  try {
    await migrate(engine);
    return createSqlStore(engine, options);
  } catch (error) {
    await engine.close();
    throw error;
  }
}

/** The store that `engine` keeps, whose tables are up to date. */
export function createSqlStore(engine: Engine, options: StoreOptions = {}): Store {
  return new SqlStore(engine, options);
}

const kinds = Object.keys(entities) as Kind[];

class SqlStore implements Store {
  readonly read: Snapshot;
  readonly changes: SqlChanges;
  readonly firstUses?: FirstUses;
  readonly staleSecrets?: NonNullable<Store["staleSecrets"]>;
  readonly #engine: Engine;
  readonly #calls: Calls;
  readonly #recent: Recent | undefined;
  readonly #now: () => number;
  readonly #sealer: Sealer | undefined;
  readonly #entityQueries: EntityQueries;
  readonly #auditQueries: AuditQueries;
  readonly #sealQueries: SealQueries;
  readonly #poolQueries: PoolQueries;
  readonly #changeQueries: ChangeQueries;
  readonly #running = new Set<Promise<unknown>>();
  #closing: Promise<void> | undefined;

  constructor(engine: Engine, { now = Date.now, sealer }: StoreOptions) {
    this.#engine = engine;
    this.#now = now;
    this.#sealer = sealer;
    if (sealer !== undefined) this.staleSecrets = () => this.#stale();
    this.#entityQueries = createEntityQueries(engine.write);
    this.#auditQueries = createAuditQueries(engine.write);
    this.#sealQueries = createSealQueries(engine.write);
    this.#poolQueries = createPoolQueries(engine.write);
    this.#changeQueries = createChangeQueries(engine.write);
    this.#calls = {
      assertOpen: () => this.#assertOpen(),
      call: (operation) => this.#run(() => operation(engine.read)),
    };
    const recent = engine.onCommit && new Recent();
    if (recent !== undefined) engine.onCommit?.(recent.committed);
    this.#recent = recent;
    this.read = this.#snapshot(this.#calls);
    const { firstUses } = engine;
    if (firstUses !== undefined)
      this.firstUses = { bind: (...use) => this.#run(() => firstUses.bind(...use)) };
    this.changes = new SqlChanges({
      calls: this.#calls,
      queries: this.#changeQueries,
      transact: (work) => this.#run(() => engine.transact(work)),
      ...(engine.others && { others: engine.others }),
      ...(recent && { commits: () => recent.commits }),
    });
  }

  async transaction<R>(work: (tx: Transaction) => Promise<R>): Promise<R> {
    let notes = new ChangeNotes();
    const attempt = (db: Executor) => {
      notes = new ChangeNotes();
      return this.#attempt(db, work, notes);
    };
    const result = await this.#run(() => this.#engine.transact(attempt));
    if (notes.all.length > 0) this.changes.announce();
    return result;
  }

  async *#stale(): AsyncGenerator<{ readonly kind: Kind; readonly id: string }> {
    const access = this.#access(this.#calls);
    for (const kind of kinds) for await (const id of staleIds(kind, access)) yield { kind, id };
  }

  async ping(): Promise<void> {
    await this.read.tenant.list({ limit: 1 });
  }

  close(): Promise<void> {
    this.#closing ??= Promise.allSettled(this.#running).then(() => this.#engine.close());
    return this.#closing;
  }

  #attempt<R>(db: Executor, work: (tx: Transaction) => Promise<R>, notes: ChangeNotes): Promise<R> {
    const calls = new TransactionCalls(db);
    const tx = this.#transactionOn(calls, notes);
    const last = async (executor: Writing) => {
      if (notes.all.length === 0) return;
      await writeChanges(executor, this.#changeQueries, { notes: notes.all, time: this.#now() });
    };
    return calls.run(() => work(tx), last);
  }

  #snapshot(calls: Calls): Snapshot {
    const access = { ...this.#access(calls), recent: this.#recent };
    const readers = kinds.map((kind) => [kind, createEntityReader(kind, access)]);
    // Complete, because `kinds` is; the types cannot follow.
    return {
      ...(Object.fromEntries(readers) as Pick<Snapshot, Kind>),
      audit: createAuditReader(calls, this.#auditQueries),
      seals: createSealReader(calls, this.#sealQueries),
      ...createPoolSnapshot(calls, this.#poolQueries),
    };
  }

  #transactionOn(calls: WriteCalls, notes: ChangeNotes): Transaction {
    const access = { ...this.#access(calls), calls, notes, touched: this.#recent };
    const writers = kinds.map((kind) => [kind, createEntityWriter(kind, access)]);
    return {
      ...(Object.fromEntries(writers) as Pick<Transaction, Kind>),
      audit: createAuditWriter(calls, this.#auditQueries),
      seals: createSealWriter(calls, this.#sealQueries),
      ...createPoolTransaction(calls, this.#poolQueries),
    };
  }

  #access(calls: Calls): EntityAccess {
    const { tally: tallies } = this.#poolQueries;
    return { calls, queries: this.#entityQueries, tallies, now: this.#now, sealer: this.#sealer };
  }

  #assertOpen(): void {
    assertOutsideTransaction();
    if (this.#closing !== undefined) throw unavailable("the store is closed");
  }

  /** Runs a call on the engine; an engine that fails becomes the refusal that callers know. */
  async #run<R>(call: () => Promise<R>): Promise<R> {
    this.#assertOpen();
    const running = call();
    this.#running.add(running);
    try {
      return await running;
    } catch (error) {
      throw this.#engine.isUnavailable(error)
        ? unavailable("the store does not answer", error)
        : error;
    } finally {
      this.#running.delete(running);
    }
  }
}
