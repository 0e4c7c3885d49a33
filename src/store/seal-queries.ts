// The queries about seals, compiled once for an engine.
import type { Kysely } from "kysely";
import { padded, prepare, prepareByShape, type SlotOf } from "./prepared.ts";
import type { AuditLeavesRow, AuditSealRow, Schema } from "./schema.ts";

/** All queries about seals. */
export type SealQueries = ReturnType<typeof createSealQueries>;

type Page = { readonly after: number; readonly limit: number };
type Limit = Pick<Page, "limit">;

/** Compiles the queries in the engine's dialect. */
export function createSealQueries(db: Kysely<Schema>) {
  return { ...prepareReads(db), ...prepareWrites(db), ...prepareByIds(db) };
}

function prepareReads(db: Kysely<Schema>) {
  return {
    head: prepare(() =>
      db.selectFrom("audit_seal").select("body").orderBy("number", "desc").limit(1),
    ),
    list: prepare((slot: SlotOf<Page>) =>
      db
        .selectFrom("audit_seal")
        .leftJoin("audit_leaves", "audit_leaves.seal", "audit_seal.number")
        .select(["audit_seal.body as body", "audit_leaves.body as leaves"])
        .where("audit_seal.number", ">", slot("after"))
        .orderBy("audit_seal.number")
        .limit(slot("limit")),
    ),
    oldest: prepare((slot: SlotOf<Limit>) =>
      db
        .selectFrom("audit_leaves")
        .innerJoin("audit_seal", "audit_seal.number", "audit_leaves.seal")
        .select(["audit_seal.body as body", "audit_leaves.body as leaves"])
        .orderBy("audit_leaves.seal")
        .limit(slot("limit")),
    ),
    unsealed: prepare((slot: SlotOf<Limit>) =>
      db
        .selectFrom("audit_unsealed")
        .innerJoin("audit", "audit.trace_id", "audit_unsealed.trace_id")
        .select(["audit.time", "audit.body"])
        .orderBy("audit_unsealed.trace_id")
        .limit(slot("limit")),
    ),
    backlog: prepare(() =>
      db.selectFrom("audit_unsealed").select((eb) => eb.fn.countAll<number>().as("count")),
    ),
  };
}

function prepareWrites(db: Kysely<Schema>) {
  return {
    append: prepare((slot: SlotOf<AuditSealRow>) =>
      db.insertInto("audit_seal").values({
        number: slot("number"),
        forgotten: slot("forgotten"),
        horizon: slot("horizon"),
        body: slot("body"),
      }),
    ),
    appendLeaves: prepare((slot: SlotOf<AuditLeavesRow>) =>
      db.insertInto("audit_leaves").values({ seal: slot("seal"), body: slot("body") }),
    ),
    removeLeaves: prepare((slot: SlotOf<Pick<AuditLeavesRow, "seal">>) =>
      db.deleteFrom("audit_leaves").where("seal", "=", slot("seal")),
    ),
  };
}

/** What is asked of many records at once. */
type Ids = Readonly<Record<number, string>>;

/** By trace ids. */
function prepareByIds(db: Kysely<Schema>) {
  const shapeOf = (ids: Ids) => `${Object.keys(ids).length}`;
  const slots = (ids: Ids, slot: SlotOf<Ids>) => Object.keys(ids).map((n) => slot(Number(n)));
  const read = prepareByShape(shapeOf, (ids: Ids) =>
    prepare((slot: SlotOf<Ids>) =>
      db.selectFrom("audit").select(["trace_id", "body"]).where("trace_id", "in", slots(ids, slot)),
    ),
  );
  const remove = (table: "audit" | "audit_unsealed") =>
    prepareByShape(shapeOf, (ids: Ids) =>
      prepare((slot: SlotOf<Ids>) =>
        db.deleteFrom(table).where("trace_id", "in", slots(ids, slot)),
      ),
    );
  const [removeRecords, seal] = [remove("audit"), remove("audit_unsealed")];
  return {
    records: (ids: readonly string[]) => read(padded(ids))(padded(ids)),
    removeRecords: (ids: readonly string[]) => removeRecords(padded(ids))(padded(ids)),
    seal: (ids: readonly string[]) => seal(padded(ids))(padded(ids)),
  };
}
