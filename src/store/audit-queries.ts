// The queries about the audit, compiled once for an engine. Every filter has an index that is ordered by trace id.
import { type Kysely, sql } from "kysely";
import { prepare, prepareByShape, type SlotOf } from "./prepared.ts";
import type { AuditRow, Schema } from "./schema.ts";
import type { AuditFilter } from "./store.ts";

/** The newest records that a filter lets through, with trace ids between two others, both exclusive. */
export interface AuditSelection {
  readonly where: AuditFilter;
  readonly above?: string;
  readonly below?: string;
  readonly limit: number;
  /** Whose index the records are read from; the database chooses without. */
  readonly by?: ExactColumn;
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

/** Columns that a filter gives one value, each with an index that is ordered by trace id. */
export const exactColumns = ["procedure", "principal", "code", "refused"] as const;
export type ExactColumn = (typeof exactColumns)[number];

/** Compiles the queries in the engine's dialect; those of several shapes when a shape is first used. */
export function createAuditQueries(db: Kysely<Schema>) {
  const list = prepareByShape(shapeOf, (selection) => prepareList(db, selection));
  const late = {
    procedure: prepareLate(db, "procedure"),
    principal: prepareLate(db, "principal"),
    code: prepareLate(db, "code"),
    refused: prepareLate(db, "refused"),
  };
  return {
    ...prepareBounds(db),
    get: prepare((slot: SlotOf<Pick<AuditRow, "trace_id">>) =>
      db.selectFrom("audit").select("body").where("trace_id", "=", slot("trace_id")),
    ),
    append: prepareAppend(db),
    late: (column: ExactColumn, values: Late) => late[column](values),
    list: (selection: AuditSelection) => list(selection)(valuesOf(selection)),
  };
}

function shapeOf({ where, above, below, by }: AuditSelection): string {
  const { fromMs, toMs, procedure, principal, code, refused } = where;
  const parts = [fromMs, toMs, procedure, principal, code, refused, above, below];
  return `${by} ${parts.map((part) => (part === undefined ? "-" : "+")).join("")}`;
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

/** What is looked for, before a trace id. */
export interface Late {
  readonly value: string | number;
  readonly below: string;
}

/** So many records of one value tell how close together they are. */
const lateCount = 100;

/** The trace id of the last but some record that has a value. */
const prepareLate = (db: Kysely<Schema>, column: ExactColumn) =>
  prepare((slot: SlotOf<Late>) =>
    db
      .selectFrom("audit")
      .select("trace_id")
      .where(column, "=", slot("value"))
      .where("trace_id", "<", slot("below"))
      .orderBy("trace_id", "desc")
      .limit(1)
      .offset(lateCount - 1),
  );

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

function prepareList(db: Kysely<Schema>, { where, above, below, by }: AuditSelection) {
  // A column in an expression has no index to read from.
  const left = (column: ExactColumn) => {
    if (by === undefined || by === column) return sql.ref<string | number>(column);
    return column === "refused" ? sql<number>`refused + 0` : sql<string>`${sql.ref(column)} || ''`;
  };
  return prepare((slot: SlotOf<Values>) => {
    const newest = db.selectFrom("audit").select("body").orderBy("trace_id", "desc");
    return exactColumns
      .filter((column) => where[column] !== undefined)
      .reduce((query, column) => query.where(left(column), "=", slot(column)), newest)
      .$if(where.fromMs !== undefined, (query) => query.where("time", ">=", slot("fromMs")))
      .$if(where.toMs !== undefined, (query) => query.where("time", "<", slot("toMs")))
      .$if(above !== undefined, (query) => query.where("trace_id", ">", slot("above")))
      .$if(below !== undefined, (query) => query.where("trace_id", "<", slot("below")))
      .limit(slot("limit"));
  });
}
