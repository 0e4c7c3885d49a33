// Reads and writes one kind of entity in SQL: the message goes into the body, its stamp into columns, its terms beside.
import { setImmediate as turn } from "node:timers/promises";
import { clone, type DescMessage, fromBinary, type Message, toBinary } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { aborted, alreadyExists, invalid, notFound } from "../domain/errors.ts";
import type { Calls, WriteCalls } from "./calls.ts";
import { CountedTerms } from "./counted.ts";
import type { ChangeNotes } from "./change-notes.ts";
import type { ChangeOp } from "./changes.ts";
import type { Executor } from "./engine.ts";
import {
  type Entity,
  type EntityOf,
  entities,
  type FieldOf,
  type Kind,
  type Term,
} from "./entities.ts";
import type { EntityQueries, Found, Key } from "./entity-queries.ts";
import { assertLimit } from "./limit.ts";
import type { Counted, Filter, Page, Reader, ValuePage, Writer } from "./store.ts";
import type { Sealer } from "../secrets/sealer.ts";
import type { Recent } from "./recent.ts";
import { SealedTexts } from "./sealed-texts.ts";
import { insertTerms, removeTerms, replaceTerms } from "./sql-terms.ts";
import type { TallyQueries } from "./sql-tallies.ts";
import { indexedTerms, wanted } from "./term.ts";

/** What readers and writers of all kinds share. */
export interface EntityAccess {
  readonly calls: Calls;
  readonly queries: EntityQueries;
  readonly tallies: TallyQueries;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Seals secrets; they lie readable without. */
  readonly sealer: Sealer | undefined;
  /** What was looked at; absent within a transaction, and where others commit, too: there every look is a read. */
  readonly recent?: Recent | undefined;
}

/** What writers have beyond that. */
export interface EntityWriteAccess extends EntityAccess {
  readonly calls: WriteCalls;
  /** Where changes of watched kinds are noted. */
  readonly notes: ChangeNotes;
  /** What readers keep, and is to forget what is written. */
  readonly touched: Recent | undefined;
}

/** Reads entities of a kind. */
export function createEntityReader<K extends Kind>(kind: K, access: EntityAccess): Reader<K> {
  return new SqlReader(kind, access);
}

/** Reads and writes entities of a kind; `access.calls` must be those of a transaction. */
export function createEntityWriter<K extends Kind>(kind: K, access: EntityWriteAccess): Writer<K> {
  return new SqlWriter(kind, access);
}

/** So many are looked at together for secrets that are not sealed as they should. */
const stalePage = 200;

/** The ids of a kind whose secrets are not sealed with the key of today. */
export async function* staleIds(kind: Kind, access: EntityAccess): AsyncGenerator<string> {
  const { schema } = entities[kind];
  const texts = new SealedTexts(schema, access.sealer);
  for (let after = ""; texts.canHold; ) {
    const page = { kind, terms: [], after, limit: stalePage };
    const { rows } = await access.calls.call((db) => db.executeQuery(access.queries.list(page)));
    for (const { id, body } of rows)
      if (!texts.isCurrent(fromBinary<DescMessage>(schema, body))) yield id;
    after = rows.at(-1)?.id ?? "";
    if (rows.length < stalePage) return;
    // SQLite answers at once: without this a walk through a large store would keep all others waiting.
    await turn();
  }
}

class SqlReader<K extends Kind> implements Reader<K> {
  protected readonly kind: K;
  protected readonly entity: Entity;
  protected readonly access: EntityAccess;
  protected readonly counted: CountedTerms;
  protected readonly secrets: SealedTexts;
  constructor(kind: K, access: EntityAccess) {
    this.kind = kind;
    this.entity = entities[kind];
    this.access = access;
    this.secrets = new SealedTexts(this.entity.schema, access.sealer);
    this.counted = new CountedTerms(kind, this.entity.counted ?? [], access.tallies);
  }

  get(id: string): Promise<EntityOf<K> | undefined> {
    return this.access.calls.call(async (db) => {
      const { rows } = await db.executeQuery(this.access.queries.get({ kind: this.kind, id }));
      return rows[0] === undefined ? undefined : this.read(rows[0]);
    });
  }

  async peek(id: string): Promise<Readonly<EntityOf<K>> | undefined> {
    const { recent, calls } = this.access;
    if (recent === undefined) return this.get(id);
    calls.assertOpen();
    const known = recent.known<EntityOf<K>>(this.key(id));
    if (known !== undefined) return known;
    const begun = recent.commits;
    const found = await this.get(id);
    return found && this.#kept(recent, id, found, begun);
  }

  async peekSome(ids: readonly string[]): Promise<ReadonlyMap<string, Readonly<EntityOf<K>>>> {
    const { calls, queries, recent } = this.access;
    calls.assertOpen();
    const found = new Map<string, EntityOf<K>>();
    const unknown: string[] = [];
    for (const id of ids) {
      const known = recent?.known<EntityOf<K>>(this.key(id));
      if (known === undefined) unknown.push(id);
      else found.set(id, known);
    }
    if (unknown.length === 0) return found;
    const look = this.#looking();
    const query = queries.several({ kind: this.kind, ids: unknown });
    const { rows } = await calls.call((db) => db.executeQuery(query));
    for (const row of rows) found.set(row.id, look(row));
    return found;
  }

  list(page: Page<K>): Promise<EntityOf<K>[]> {
    return this.#page(page, (row) => this.read(row));
  }

  async peekList(page: Page<K>): Promise<Readonly<EntityOf<K>>[]> {
    return this.#page(page, this.#looking());
  }

  /** How rows that are read from now on become entities for who only looks at them. */
  #looking(): (row: Found) => EntityOf<K> {
    const { recent } = this.access;
    if (recent === undefined) return (row) => this.read(row);
    const begun = recent.commits;
    return (row) =>
      recent.known<EntityOf<K>>(this.key(row.id)) ??
      this.#kept(recent, row.id, this.read(row), begun);
  }

  /** Nothing is kept that holds secrets: they are open in what is read. */
  #kept(recent: Recent, id: string, found: EntityOf<K>, begun: number): EntityOf<K> {
    return this.secrets.areIn(found) ? found : recent.keep(this.key(id), found, begun);
  }

  /** Names an entity among those of all kinds. */
  protected key(id: string): string {
    return `${this.kind} ${id}`;
  }

  #page(
    { where = {}, after = "", limit }: Page<K>,
    entityOf: (row: Found) => EntityOf<K>,
  ): Promise<EntityOf<K>[]> {
    return this.access.calls.call(async (db) => {
      assertLimit(limit);
      const want = wanted(where);
      if (want === undefined) return [];
      const terms = await this.rarestFirst(db, want.terms, after);
      const query = this.access.queries.list({ ...want, terms, kind: this.kind, after, limit });
      const { rows } = await db.executeQuery(query);
      return rows.map(entityOf);
    });
  }

  count(where: Filter<K>): Promise<number> {
    return this.access.calls.call(async (db) => {
      const want = wanted(where);
      if (want === undefined) return 0;
      const [[field, value] = ["", ""], ...others] = want.terms;
      if (want.id === undefined && others.length === 0 && this.counted.has(field))
        return this.counted.one(db, [field, value]);
      const query = this.access.queries.count({ ...want, kind: this.kind, after: "", limit: 1 });
      const { rows } = await db.executeQuery(query);
      return rows[0]?.count ?? 0;
    });
  }

  counts(field: FieldOf<K>, values: readonly string[]): Promise<number[]> {
    return this.access.calls.call((db) => this.counted.of(db, field, values));
  }

  values(field: FieldOf<K>, page: ValuePage): Promise<Counted[]> {
    return this.access.calls.call((db) => this.counted.from(db, field, page));
  }

  /** The terms, the rarest of those to come first: the others are looked up for each of its entries. */
  protected async rarestFirst(
    db: Executor,
    terms: readonly Term[],
    after: string,
  ): Promise<readonly Term[]> {
    if (terms.length < 2) return terms;
    let rarest: readonly [id: string, term: Term] | undefined;
    for (const term of terms) {
      const [field, value] = term;
      const entry = { kind: this.kind, field, value, id: after };
      const [later] = (await db.executeQuery(this.access.queries.later(entry))).rows;
      if (later === undefined) return first(term, terms);
      if (rarest === undefined || later.id > rarest[0]) rarest = [later.id, term];
    }
    return rarest === undefined ? terms : first(rarest[1], terms);
  }

  protected read(row: Found): EntityOf<K> {
    const message = this.kept(row);
    this.secrets.open(message, { kind: this.kind, id: row.id });
    return message;
  }

  /** As it is kept: what is sealed stays so. */
  protected kept({ body, ...columns }: Found): EntityOf<K> {
    return this.stamped(fromBinary(this.entity.schema, body), columns);
  }

  protected stamped(message: Message, columns: Omit<Found, "body">): EntityOf<K> {
    const { id, version, created, changed } = columns;
    this.entity.setStamp(message, {
      id,
      version: BigInt(version),
      created: timestampFromMs(created),
      changed: timestampFromMs(changed),
    });
    return message as EntityOf<K>;
  }
}

const first = (term: Term, terms: readonly Term[]): readonly Term[] => [
  term,
  ...terms.filter((other) => other !== term),
];

class SqlWriter<K extends Kind> extends SqlReader<K> implements Writer<K> {
  readonly #calls: WriteCalls;
  readonly #notes: ChangeNotes;
  readonly #touched: Recent | undefined;

  constructor(kind: K, access: EntityWriteAccess) {
    super(kind, access);
    this.#calls = access.calls;
    this.#notes = access.notes;
    this.#touched = access.touched;
  }

  /** As they are: to look at many entries would bring a transaction into conflict with others. */
  protected override async rarestFirst(
    _: Executor,
    terms: readonly Term[],
  ): Promise<readonly Term[]> {
    return terms;
  }

  insert(entity: EntityOf<K>): Promise<EntityOf<K>> {
    return this.#calls.call(async (db) => {
      const { id } = this.entity.stampOf(entity);
      if (id === "") throw invalid(`a ${this.entity.noun} needs an id`);
      const time = this.access.now();
      const columns = { id, version: 0, created: time, changed: time };
      const { message, body } = this.#write(entity, id);
      const query = this.access.queries.insert({ ...columns, kind: this.kind, body });
      const { numAffectedRows } = await db.executeQuery(query);
      if (numAffectedRows === 0n) throw alreadyExists(`${this.#name(id)} exists`);
      this.#note("insert", id);
      const terms = this.#termsOf(message);
      insertTerms(db, this.#terms, { kind: this.kind, id, terms });
      return this.stamped(message, columns);
    });
  }

  update(entity: EntityOf<K>): Promise<EntityOf<K>> {
    return this.#calls.call(async (db) => {
      const { id, version } = this.entity.stampOf(entity);
      if (version === undefined)
        throw invalid(`${this.entity.versionField}: must be what was read`);
      this.#touch(id);
      const key = { kind: this.kind, id };
      const changed = this.access.now();
      const { message, body } = this.#write(entity, id);
      const before = await this.#before(db, id);
      const query = this.access.queries.update({ ...key, version: Number(version), changed, body });
      const [columns] = (await db.executeQuery(query)).rows;
      if (columns === undefined) throw await this.#refusal(db, key, version);
      this.#note("update", id, before);
      await replaceTerms(db, this.#terms, { ...key, terms: this.#termsOf(message) });
      return this.stamped(message, { ...columns, id, changed });
    });
  }

  delete(id: string): Promise<void> {
    return this.#calls.call(async (db) => {
      const key = { kind: this.kind, id };
      this.#touch(id);
      const before = await this.#before(db, id);
      const { numAffectedRows } = await db.executeQuery(this.access.queries.remove(key));
      if (numAffectedRows === 0n) throw this.#missing(id);
      this.#note("delete", id, before);
      await removeTerms(db, this.#terms, key);
    });
  }

  /** A copy without stamp, and its binary form with secrets sealed. The caller's message stays as it is. */
  #write(entity: EntityOf<K>, id: string): { message: Message; body: Uint8Array } {
    const { schema } = this.entity;
    const message = clone(schema, entity);
    this.entity.setStamp(message, { id: "" });
    const kept = this.secrets.sealed(message, { kind: this.kind, id });
    return { message, body: toBinary(schema, kept) };
  }

  get #terms() {
    return { queries: this.access.queries, counted: this.counted };
  }

  #termsOf(message: Message): Term[] {
    return indexedTerms(this.entity.terms(message));
  }

  /** What is stored of an entity whose state is watched, with its stamp. */
  async #before(db: Executor, id: string): Promise<Uint8Array | undefined> {
    if (this.entity.watched !== "state") return undefined;
    const [found] = (await db.executeQuery(this.access.queries.get({ kind: this.kind, id }))).rows;
    if (found === undefined) return undefined;
    const message: Message = this.kept(found);
    return toBinary(this.entity.schema, message);
  }

  #touch(id: string): void {
    this.#touched?.touch(this.key(id));
  }

  #note(op: ChangeOp, id: string, before?: Uint8Array): void {
    if (this.entity.watched !== undefined) this.#notes.add({ kind: this.kind, id, op, before });
  }

  async #refusal(db: Executor, key: Key, version: bigint): Promise<Error> {
    const [stored] = (await db.executeQuery(this.access.queries.get(key))).rows;
    if (stored === undefined) return this.#missing(key.id);
    return aborted(
      `${this.#name(key.id)} changed since it was read: version ${stored.version}, not ${version}`,
    );
  }

  #missing(id: string): Error {
    return notFound(`no ${this.#name(id)}`);
  }

  #name(id: string): string {
    return `${this.entity.noun} "${id}"`;
  }
}
