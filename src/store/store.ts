// The contract of the store: what is kept and what every engine must do. One suite proves it for all engines
// (test/store/contract.ts). Services and domain know this file, entities.ts and pools.ts, never an engine.
import type { AuditRecord } from "../../gen/metal/v1/audit_pb.ts";
import type { Changes } from "./changes.ts";
import type { EntityOf, FieldOf, Kind } from "./entities.ts";
import type { FirstUses } from "./first-uses.ts";
import type { PoolSnapshot, PoolTransaction } from "./pools.ts";
import type { SealReader, SealWriter } from "./seals.ts";

/**
 * Which entities: for each field named, all the values given must be among the entity's. An empty string, an empty
 * list and an absent field do not restrict.
 */
export type Filter<K extends Kind> = { readonly [F in FieldOf<K>]?: string | readonly string[] };

/** A page, ordered by id, byte by byte. */
export interface Page<K extends Kind> {
  readonly where?: Filter<K>;
  /** Only ids after this one. */
  readonly after?: string;
  /** At most so many, 1 or more. */
  readonly limit: number;
}

/** A value of a counted field, and how many entities have it. */
export interface Counted {
  readonly value: string;
  readonly count: number;
}

/** The first values of a counted field that begin with a text, ordered byte by byte. */
export interface ValuePage {
  readonly prefix: string;
  /** Only values after this one. */
  readonly after?: string;
  /** At most so many, 1 or more. */
  readonly limit: number;
}

/** Reads one kind of entity. What is returned belongs to the caller, who may change it. */
export interface Reader<K extends Kind> {
  /** The entity, with version and times set; undefined if there is none. */
  get(id: string): Promise<EntityOf<K> | undefined>;
  /**
   * The entity, as `get` returns it, for who only looks at it: it belongs to everybody who looks, and may be frozen.
   * Costs little where it was looked at since it changed.
   */
  peek(id: string): Promise<Readonly<EntityOf<K>> | undefined>;
  /** Those that there are of a page of entities, by id, as `peek` returns them. */
  peekSome(ids: readonly string[]): Promise<ReadonlyMap<string, Readonly<EntityOf<K>>>>;
  list(page: Page<K>): Promise<EntityOf<K>[]>;
  /** The same entities, for who only looks at them, as `peek` returns them. */
  peekList(page: Page<K>): Promise<Readonly<EntityOf<K>>[]>;
  /** By one counted field it costs a look-up, by anything else as much as there is to count. */
  count(where: Filter<K>): Promise<number>;
  /** How many entities have each of the values. Must fail unless the field is counted. */
  counts(field: FieldOf<K>, values: readonly string[]): Promise<number[]>;
  /** Must fail unless the field is counted. Values longer than 200 may be missing. */
  values(field: FieldOf<K>, page: ValuePage): Promise<Counted[]>;
}

/** Writes one kind of entity, within a transaction. */
export interface Writer<K extends Kind> extends Reader<K> {
  /**
   * Must refuse a taken id with already_exists, an empty one with invalid_argument. Sets version 0 and both times;
   * returns a copy with them.
   */
  insert(entity: EntityOf<K>): Promise<EntityOf<K>>;
  /**
   * Must refuse with aborted unless the stored version equals the entity's, with not_found if there is none, with
   * invalid_argument if the entity carries no version. Adds one to the version, sets the time of change, keeps the time
   * of creation; returns a copy with them.
   */
  update(entity: EntityOf<K>): Promise<EntityOf<K>>;
  /** Must refuse with not_found if there is none. */
  delete(id: string): Promise<void>;
}

/** Which audit records. An absent field does not restrict. */
export interface AuditFilter {
  readonly fromMs?: number;
  /** Exclusive. */
  readonly toMs?: number;
  readonly procedure?: string;
  readonly principal?: string;
  readonly code?: string;
  readonly refused?: boolean;
}

/** Reads the audit. */
export interface AuditReader {
  get(traceId: string): Promise<AuditRecord | undefined>;
  /**
   * Newest first: trace ids begin with the time of arrival, so they are ordered as text, descending. That time and the
   * record's may be up to a minute apart.
   */
  list(page: AuditPage): Promise<AuditRecord[]>;
}

/** A page of records. */
export interface AuditPage {
  readonly where: AuditFilter;
  /** Only trace ids before this one, byte by byte. */
  readonly before?: string;
  /** At most so many, 1 or more. */
  readonly limit: number;
}

/** Appends to the audit. Nothing changes a record, and nothing but a seal that says so removes one. */
export interface AuditWriter extends AuditReader {
  /**
   * Must fail, and the transaction with it, if a record lacks trace id or time or its trace id is taken, which may show at
   * the end of the transaction only.
   */
  append(records: readonly AuditRecord[]): Promise<void>;
}

/** Everything that can be read. */
export type Snapshot = { readonly [K in Kind]: Reader<K> } & {
  readonly audit: AuditReader;
  readonly seals: SealReader;
} & PoolSnapshot;
/** Everything that can be changed. */
export type Transaction = { readonly [K in Kind]: Writer<K> } & {
  readonly audit: AuditWriter;
  readonly seals: SealWriter;
} & PoolTransaction;

export interface Store {
  /** Reads the newest committed state. Never waits for a transaction. */
  readonly read: Snapshot;
  /** Follows what is committed. */
  readonly changes: Changes;
  /**
   * Runs `work` in one serializable transaction: all of it happened or none. When the promise resolves the change
   * survives the end of the process and of power. `work` may run more than once (an engine may ask for it after a
   * conflict), so it must have no effect outside of `tx`, and it must use nothing of the store but `tx`; to do so is an
   * error. `tx` is of use until `work` ends. After a refusal the work may go on; after any other failure of `tx` nothing
   * is committed, even if the work makes light of it. Must answer unavailable when the engine does not.
   */
  transaction<R>(work: (tx: Transaction) => Promise<R>): Promise<R>;
  /**
   * Entities with secrets that are not sealed with the key of today: to update them is to seal them anew. Absent where
   * there is no key.
   */
  staleSecrets?(): AsyncIterable<{ readonly kind: Kind; readonly id: string }>;
  /** Absent where first uses end with the process that remembers them. */
  readonly firstUses?: FirstUses;
  /** Rejects if the engine does not answer. */
  ping(): Promise<void>;
  /** Waits for what is under way. Later calls are refused with unavailable. */
  close(): Promise<void>;
}
