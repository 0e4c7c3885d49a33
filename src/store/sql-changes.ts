// Changes in SQL: a row for each, and one row that says which there are. Each transaction that changes something takes
// its numbers from that row and holds it until it commits, so that numbers become visible in their order.
import { fromBinary } from "@bufbuild/protobuf";
import type { Kysely } from "kysely";
import { outOfRange } from "../domain/errors.ts";
import type { Calls, Writing } from "./calls.ts";
import type { ChangeNote } from "./change-notes.ts";
import { type Change, type Changes, changeOps, type Forgotten } from "./changes.ts";
import type { Executor, Others } from "./engine.ts";
import { type Entity, entities, type Kind } from "./entities.ts";
import { frozen } from "./frozen.ts";
import { assertLimit } from "./limit.ts";
import { prepare, type SlotOf } from "./prepared.ts";
import type { ChangeRow, Schema } from "./schema.ts";

/** All queries about changes. */
export type ChangeQueries = ReturnType<typeof createChangeQueries>;

interface Page {
  readonly seq: number;
  readonly limit: number;
}

/** The id of the only row of its table. */
const range = 1;

/** Compiles the queries in the engine's dialect. */
export function createChangeQueries(db: Kysely<Schema>) {
  return {
    range: prepare(() =>
      db.selectFrom("change_range").select(["head", "floor"]).where("id", "=", range),
    ),
    advance: prepare((slot: SlotOf<{ readonly count: number }>) =>
      db
        .updateTable("change_range")
        .set((eb) => ({ head: eb("head", "+", slot("count")) }))
        .where("id", "=", range)
        .returning("head"),
    ),
    insert: prepare((slot: SlotOf<ChangeRow>) =>
      db.insertInto("change").values({
        seq: slot("seq"),
        kind: slot("kind"),
        id: slot("id"),
        op: slot("op"),
        time: slot("time"),
        before: slot("before"),
      }),
    ),
    after: prepare((slot: SlotOf<Page>) =>
      db
        .selectFrom("change")
        .select(["seq", "kind", "id", "op", "time", "before"])
        .where("seq", ">", slot("seq"))
        .orderBy("seq")
        .limit(slot("limit")),
    ),
    remove: prepare((slot: SlotOf<Pick<Page, "seq">>) =>
      db.deleteFrom("change").where("seq", "<=", slot("seq")),
    ),
    raiseFloor: prepare((slot: SlotOf<Pick<Page, "seq">>) =>
      db
        .updateTable("change_range")
        .set({ floor: slot("seq") })
        .where("id", "=", range),
    ),
  };
}

/** Writes what a transaction has noted, as the last thing that it does. */
export async function writeChanges(
  db: Writing,
  queries: ChangeQueries,
  { notes, time }: { readonly notes: readonly ChangeNote[]; readonly time: number },
): Promise<void> {
  const { rows } = await db.executeQuery(queries.advance({ count: notes.length }));
  const first = (rows[0]?.head ?? 0) - notes.length + 1;
  for (const [index, { before = null, ...note }] of notes.entries())
    db.send(queries.insert({ ...note, before, seq: first + index, time }));
}

/** So many changes are looked at in one transaction that forgets. */
const forgottenAtOnce = 1000;

/** What following changes needs. */
export interface ChangeAccess {
  readonly calls: Calls;
  readonly queries: ChangeQueries;
  /** Runs a transaction. */
  readonly transact: <R>(work: (db: Executor) => Promise<R>) => Promise<R>;
  readonly others?: Others;
  /** How many commits there were, where none passes this process by. */
  readonly commits?: () => number;
}

/** Those who follow have been told the same; others come back after an interruption, from anywhere. */
const mostPages = 8;

/** What was found since the last commit, by what was asked. */
interface Seen {
  readonly commits: number;
  readonly pages: Map<string, Promise<readonly Change[]>>;
}

/** Follows changes, and is told of commits. */
export class SqlChanges implements Changes {
  readonly #access: ChangeAccess;
  readonly #listeners = new Set<() => void>();
  #seen: Seen = { commits: -1, pages: new Map() };
  #listensToOthers = false;

  constructor(access: ChangeAccess) {
    this.#access = access;
  }

  head(): Promise<number> {
    const { calls, queries } = this.#access;
    return calls.call(async (db) => (await rangeOf(db, queries)).head);
  }

  async after(seq: number, limit: number): Promise<readonly Change[]> {
    const { calls, commits } = this.#access;
    if (commits === undefined) return this.#read(seq, limit);
    calls.assertOpen();
    if (this.#seen.commits !== commits()) this.#seen = { commits: commits(), pages: new Map() };
    const { pages } = this.#seen;
    const key = `${seq} ${limit}`;
    const known = pages.get(key);
    if (known !== undefined) return known;
    const page = this.#read(seq, limit).then(frozen);
    if (pages.size < mostPages) pages.set(key, page);
    const forget = () => pages.delete(key);
    // Those who follow ask for what came last; a full page is for one who catches up, and many of them take much room.
    // What went wrong may go well the next time.
    page.then(({ length }) => length === limit && forget(), forget);
    return page;
  }

  #read(seq: number, limit: number): Promise<Change[]> {
    const { calls, queries } = this.#access;
    return calls.call(async (db) => {
      assertLimit(limit);
      const { rows } = await db.executeQuery(queries.after({ seq, limit }));
      // Afterwards, so that what is forgotten in between is noticed.
      const { head, floor } = await rangeOf(db, queries);
      if (seq < floor) throw outOfRange(`the changes after ${seq} are not remembered any more`);
      if (seq > head) throw outOfRange(`there has been no change ${seq} yet`);
      return rows.map(changeOf);
    });
  }

  onCommit(listener: () => void): () => void {
    const own = () => listener();
    this.#listeners.add(own);
    this.#listenToOthers();
    return () => void this.#listeners.delete(own);
  }

  /** Tells those who listen, here and elsewhere, that something was committed. */
  announce(): void {
    this.#tell();
    this.#access.others?.announce();
  }

  async forget(which: Forgotten): Promise<void> {
    const { transact, queries } = this.#access;
    while ((await transact((db) => forgetSome(db, queries, which))) === forgottenAtOnce);
  }

  #listenToOthers(): void {
    if (this.#listensToOthers) return;
    this.#listensToOthers = true;
    this.#access.others?.listen(() => this.#tell());
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

async function rangeOf(db: Executor, queries: ChangeQueries) {
  const [row] = (await db.executeQuery(queries.range({}))).rows;
  if (row === undefined) throw new Error("the row that says which changes there are is missing");
  return row;
}

/** Forgets the oldest changes and returns how many. */
async function forgetSome(
  db: Executor,
  queries: ChangeQueries,
  { beforeMs, keep }: Forgotten,
): Promise<number> {
  const { head, floor } = await rangeOf(db, queries);
  const page = queries.after({ seq: floor, limit: forgottenAtOnce });
  const { rows } = await db.executeQuery(page);
  const kept = rows.findIndex(({ seq, time }) => time >= beforeMs && seq > head - keep);
  const old = kept === -1 ? rows : rows.slice(0, kept);
  const last = old.at(-1);
  if (last === undefined) return 0;
  await db.executeQuery(queries.remove(last));
  await db.executeQuery(queries.raiseFloor(last));
  return old.length;
}

function changeOf({ seq, kind, id, op, before }: ChangeRow): Change {
  const known = changeOps.find((one) => one === op);
  const entity = Object.hasOwn(entities, kind) ? (entities[kind as Kind] as Entity) : undefined;
  if (known === undefined || entity === undefined)
    throw new Error(`change ${seq} is of kind "${kind}", op "${op}", which nobody knows`);
  const message = before === null ? {} : { before: fromBinary(entity.schema, before) };
  return { seq, kind: kind as Kind, id, op: known, ...message } as Change;
}
