// The queries about the audit, compiled once for an engine. Every filter has an index that is ordered by trace id.
import type { Kysely } from "kysely";
import { prepare, prepareByShape, type SlotOf } from "./prepared.ts";
import type { AuditRow, Schema } from "./schema.ts";
import type { AuditFilter } from "./store.ts";

/** The newest records that a filter lets through, with trace ids between two others, both exclusive. */
export interface AuditSelection {
  readonly where: AuditFilter;
  readonly above?: string;
  readonly below?: string;
  readonly limit: number;
}

/** All queries about the audit. */
export type AuditQueries = ReturnType<typeof createAuditQueries>;

type Values = Required<Pick<AuditRow, "procedure" | "principal" | "code" | "refused">> & {
  readonly fromMs: number;
  readonly toMs: number;
  readonly above: string;
  readonly below: string;
  readonly limit: number;
};
type Moment = { readonly ms: number };

const exact = ["procedure", "principal", "code", "refused"] as const;

/** Compiles the queries in the engine's dialect; those of several shapes when a shape is first used. */
export function createAuditQueries(db: Kysely<Schema>) {
  const list = prepareByShape(shapeOf, (selection) => prepareList(db, selection));
  return {
    ...prepareBounds(db),
    get: prepare((slot: SlotOf<Pick<AuditRow, "trace_id">>) =>
      db.selectFrom("audit").select("body").where("trace_id", "=", slot("trace_id")),
    ),
    append: prepareAppend(db),
    list: (selection: AuditSelection) => list(selection)(valuesOf(selection)),
  };
}

function shapeOf({ where, above, below }: AuditSelection): string {
  const { fromMs, toMs, procedure, principal, code, refused } = where;
  const parts = [fromMs, toMs, procedure, principal, code, refused, above, below];
  return parts.map((part) => (part === undefined ? "-" : "+")).join("");
}

/** What is undefined has no slot in a query of that shape. */
function valuesOf({ where, above = "", below = "", limit }: AuditSelection): Values {
  const { fromMs = 0, toMs = 0, procedure = "", principal = "", code = "", refused } = where;
  const filter = { fromMs, toMs, procedure, principal, code, refused: Number(refused ?? 0) };
  return { ...filter, above, below, limit };
}

/** The trace ids of the last record before a time, and of the first one at or after it. */
function prepareBounds(db: Kysely<Schema>) {
  const bound = db.selectFrom("audit").select("trace_id").limit(1);
  return {
    lastBefore: prepare((slot: SlotOf<Moment>) =>
      bound.where("time", "<", slot("ms")).orderBy("time", "desc"),
    ),
    firstFrom: prepare((slot: SlotOf<Moment>) =>
      bound.where("time", ">=", slot("ms")).orderBy("time"),
    ),
  };
}

const prepareAppend = (db: Kysely<Schema>) =>
  prepare((slot: SlotOf<AuditRow>) =>
    db
      .insertInto("audit")
      .values({
        trace_id: slot("trace_id"),
        time: slot("time"),
        procedure: slot("procedure"),
        principal: slot("principal"),
        code: slot("code"),
        refused: slot("refused"),
        body: slot("body"),
      })
      // A taken trace id is no failed statement: after one, some engines give up the whole transaction.
      .onConflict((conflict) => conflict.column("trace_id").doNothing()),
  );

function prepareList(db: Kysely<Schema>, { where, above, below }: AuditSelection) {
  return prepare((slot: SlotOf<Values>) => {
    const newest = db.selectFrom("audit").select("body").orderBy("trace_id", "desc");
    return exact
      .filter((column) => where[column] !== undefined)
      .reduce((query, column) => query.where(column, "=", slot(column)), newest)
      .$if(where.fromMs !== undefined, (query) => query.where("time", ">=", slot("fromMs")))
      .$if(where.toMs !== undefined, (query) => query.where("time", "<", slot("toMs")))
      .$if(above !== undefined, (query) => query.where("trace_id", ">", slot("above")))
      .$if(below !== undefined, (query) => query.where("trace_id", "<", slot("below")))
      .limit(slot("limit"));
  });
}
