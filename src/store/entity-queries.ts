// The queries about entities, compiled once for an engine. A filter starts from the index of its first term, which is
// ordered by id, and looks up the other terms and the entity by key: no sorting, and a page costs as much as it is long,
// or as the first term has entries.
import { type Kysely, sql } from "kysely";
import type { Term } from "./entities.ts";
import { padded, prepare, prepareByShape, type SlotOf } from "./prepared.ts";
import type { EntityRow, Schema, TermRow } from "./schema.ts";
import type { Wanted } from "./term.ts";

/** Names an entity. */
export type Key = Pick<EntityRow, "kind" | "id">;

/** What is read of an entity. */
export type Found = Omit<EntityRow, "kind">;

type Counted = { readonly count: number };

/** Entities of a kind: those wanted whose id comes after `after`. */
export interface Selection extends Wanted {
  readonly kind: string;
  readonly after: string;
  readonly limit: number;
}

/** Entities of a kind, at least one. */
export interface Several {
  readonly kind: string;
  readonly ids: readonly string[];
}

/** Terms of an entity, at least one. */
export interface Indexing extends Key {
  readonly terms: readonly Term[];
}

/** All queries about entities. */
export type EntityQueries = ReturnType<typeof createEntityQueries>;

/** Terms as parameters, numbered from 0. */
type TermValues = { readonly [name in `field${number}` | `value${number}`]: string };
type SelectionValues = Omit<Selection, "id" | "terms"> & { readonly id: string } & TermValues;
type SeveralValues = Pick<Key, "kind"> & { readonly [name in `id${number}`]: string };
type SelectionSlot = SlotOf<SelectionValues>;
type GoneValues = Key & { readonly [name in `term${number}`]: string };

const found = ["e.id", "e.version", "e.created", "e.changed", "e.body"] as const;

/** Compiles the queries in the engine's dialect; those of several shapes when a shape is first used. */
export function createEntityQueries(db: Kysely<Schema>) {
  const list = prepareByShape(shapeOf, (w) => (w.terms.length > 0 ? listTerms : listAll)(db, w));
  const count = prepareByShape(shapeOf, (w) => (w.terms.length > 0 ? countTerms : countAll)(db, w));
  const index = prepareByShape(
    ({ terms }: Indexing) => `${terms.length}`,
    ({ terms }) => prepareIndex(db, terms),
  );
  const unindexSome = prepareByShape(
    ({ terms }: Indexing) => `${terms.length}`,
    ({ terms }) => prepareUnindexing(db, terms),
  );
  const several = prepareByShape(
    ({ ids }: Several) => `${ids.length}`,
    ({ ids }) => prepareSeveral(db, ids),
  );
  const severalOf = ({ kind, ids }: Several) => several({ kind, ids })({ kind, ...idValues(ids) });
  return {
    get: prepareGet(db),
    several: ({ kind, ids }: Several) => severalOf({ kind, ids: padded(ids) }),
    list: (selection: Selection) => list(selection)(valuesOf(selection)),
    count: (selection: Selection) => count(selection)(valuesOf(selection)),
    insert: prepareInsert(db),
    update: prepareUpdate(db),
    remove: prepareRemoval(db, "entity"),
    index: ({ terms, ...key }: Indexing) =>
      index({ terms, ...key })({ ...key, ...termValues(terms) }),
    later: prepareLater(db),
    terms: prepareTerms(db),
    unindexSome: ({ terms, ...key }: Indexing) =>
      unindexSome({ terms, ...key })({ ...key, ...goneValues(terms) }),
    unindex: prepareRemoval(db, "term"),
  };
}

const shapeOf = ({ id, terms }: Wanted) => `${id === undefined ? "any" : "one"} ${terms.length}`;

function valuesOf({ terms, id = "", ...others }: Selection): SelectionValues {
  return { ...others, id, ...termValues(terms) };
}

function termValues(terms: readonly Term[]): TermValues {
  const values: Record<string, string> = {};
  for (const [index, [field, value]] of terms.entries()) {
    values[`field${index}`] = field;
    values[`value${index}`] = value;
  }
  return values;
}

function idValues(ids: readonly string[]): Omit<SeveralValues, "kind"> {
  return Object.fromEntries(ids.map((id, index) => [`id${index}`, id]));
}

function goneValues(terms: readonly Term[]): Omit<GoneValues, keyof Key> {
  return Object.fromEntries(terms.map((term, index) => [`term${index}`, term.join(" ")]));
}

const prepareGet = (db: Kysely<Schema>) =>
  prepare((slot: SlotOf<Key>) =>
    db
      .selectFrom("entity as e")
      .select(found)
      .where("e.kind", "=", slot("kind"))
      .where("e.id", "=", slot("id")),
  );

const prepareSeveral = (db: Kysely<Schema>, ids: readonly string[]) =>
  prepare((slot: SlotOf<SeveralValues>) =>
    db
      .selectFrom("entity as e")
      .select(found)
      .where("e.kind", "=", slot("kind"))
      .where(
        "e.id",
        "in",
        ids.map((_, index) => slot(`id${index}`)),
      ),
  );

const prepareInsert = (db: Kysely<Schema>) =>
  prepare((slot: SlotOf<EntityRow>) =>
    db
      .insertInto("entity")
      .values({
        kind: slot("kind"),
        id: slot("id"),
        version: slot("version"),
        created: slot("created"),
        changed: slot("changed"),
        body: slot("body"),
      })
      // A taken id is no failed statement: after one, some engines give up the whole transaction.
      .onConflict((conflict) => conflict.columns(["kind", "id"]).doNothing()),
  );

/** Replaces the values of an entity that has a certain version. */
const prepareUpdate = (db: Kysely<Schema>) =>
  prepare((slot: SlotOf<Omit<EntityRow, "created">>) =>
    db
      .updateTable("entity")
      .set({ changed: slot("changed"), body: slot("body") })
      .set((eb) => ({ version: eb("version", "+", 1) }))
      .where("kind", "=", slot("kind"))
      .where("id", "=", slot("id"))
      .where("version", "=", slot("version"))
      .returning(["version", "created"]),
  );

const prepareRemoval = (db: Kysely<Schema>, table: "entity" | "term") =>
  prepare((slot: SlotOf<Key>) =>
    db.deleteFrom(table).where("kind", "=", slot("kind")).where("id", "=", slot("id")),
  );

const prepareIndex = (db: Kysely<Schema>, terms: readonly Term[]) =>
  prepare((slot: SlotOf<Key & TermValues>) =>
    db.insertInto("term").values(
      terms.map((_, index) => ({
        kind: slot("kind"),
        field: slot(`field${index}`),
        value: slot(`value${index}`),
        id: slot("id"),
      })),
    ),
  );

/** So many entries of a term tell how close together they are. */
const some = 256;

/** An entry of a term, some after an id. */
const prepareLater = (db: Kysely<Schema>) =>
  prepare((slot: SlotOf<TermRow>) =>
    db
      .selectFrom("term")
      .select("id")
      .where("kind", "=", slot("kind"))
      .where("field", "=", slot("field"))
      .where("value", "=", slot("value"))
      .where("id", ">", slot("id"))
      .orderBy("id")
      .limit(1)
      .offset(some - 1),
  );

const prepareTerms = (db: Kysely<Schema>) =>
  prepare((slot: SlotOf<Key>) =>
    db
      .selectFrom("term")
      .select(["field", "value"])
      .where("kind", "=", slot("kind"))
      .where("id", "=", slot("id")),
  );

/** Field and value are compared as one text, so that only the index by id is of use, which leads to few entries. */
const prepareUnindexing = (db: Kysely<Schema>, terms: readonly Term[]) =>
  prepare((slot: SlotOf<GoneValues>) =>
    db
      .deleteFrom("term")
      .where("kind", "=", slot("kind"))
      .where("id", "=", slot("id"))
      .where(
        sql<string>`field || ' ' || value`,
        "in",
        terms.map((_, index) => slot(`term${index}`)),
      ),
  );

const listAll = (db: Kysely<Schema>, wanted: Wanted) =>
  prepare<SelectionValues, Found>((slot) =>
    fromEntities(db, wanted, slot).select(found).orderBy("e.id").limit(slot("limit")),
  );

const listTerms = (db: Kysely<Schema>, wanted: Wanted) =>
  prepare<SelectionValues, Found>((slot) =>
    fromTerms(db, wanted, slot)
      .innerJoin("entity as e", (join) =>
        join.on("e.kind", "=", slot("kind")).onRef("e.id", "=", "t.id"),
      )
      .select(found)
      .orderBy("t.id")
      .limit(slot("limit")),
  );

const countAll = (db: Kysely<Schema>, wanted: Wanted) =>
  prepare<SelectionValues, Counted>((slot) =>
    fromEntities(db, wanted, slot).select((eb) => eb.fn.countAll<number>().as("count")),
  );

const countTerms = (db: Kysely<Schema>, wanted: Wanted) =>
  prepare<SelectionValues, Counted>((slot) =>
    fromTerms(db, wanted, slot).select((eb) => eb.fn.countAll<number>().as("count")),
  );

function fromEntities(db: Kysely<Schema>, { id }: Wanted, slot: SelectionSlot) {
  const all = db
    .selectFrom("entity as e")
    .where("e.kind", "=", slot("kind"))
    .where("e.id", ">", slot("after"));
  return id === undefined ? all : all.where("e.id", "=", slot("id"));
}

/** The entries of the first term, for which there is an entry of each other term. */
function fromTerms(db: Kysely<Schema>, { id, terms }: Wanted, slot: SelectionSlot) {
  const first = db
    .selectFrom("term as t")
    .where("t.kind", "=", slot("kind"))
    .where("t.field", "=", slot("field0"))
    .where("t.value", "=", slot("value0"))
    .where("t.id", ">", slot("after"));
  const one = id === undefined ? first : first.where("t.id", "=", slot("id"));
  const others = terms.slice(1).map((_, index) => otherTerm(db, index + 1, slot));
  return others.reduce((query, other) => query.where((eb) => eb.exists(other)), one);
}

const otherTerm = (db: Kysely<Schema>, index: number, slot: SelectionSlot) =>
  db
    .selectFrom("term as o")
    .select("o.id")
    .where("o.kind", "=", slot("kind"))
    .where("o.field", "=", slot(`field${index}`))
    .where("o.value", "=", slot(`value${index}`))
    .where("o.id", "=", sql.ref<string>("t.id"));
