// Reads the audit and appends to it in SQL. A search by time goes by trace id as well, because that is how records are
// ordered: without it, a page would cost as much as all that is newer.
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import type { CompiledQuery } from "kysely";
import { type AuditRecord, AuditRecordSchema } from "../../gen/metal/v1/audit_pb.ts";
import { type AuditQueries, type ExactColumn, exactColumns } from "./audit-queries.ts";
import type { Calls, WriteCalls, Writing } from "./calls.ts";
import type { Executor } from "./engine.ts";
import { assertLimit } from "./limit.ts";
import type { AuditRow } from "./schema.ts";
import type { AuditFilter, AuditPage, AuditReader, AuditWriter } from "./store.ts";
import { indexed } from "./term.ts";

/** So far the time of a record and that in its trace id may be apart, in milliseconds. */
const slackMs = 60_000;

/** Reads the audit. */
export function createAuditReader(calls: Calls, queries: AuditQueries): AuditReader {
  return {
    get: (traceId) =>
      calls.call(async (db) => {
        const { rows } = await db.executeQuery(queries.get({ trace_id: traceId }));
        return rows[0] === undefined ? undefined : read(rows[0]);
      }),
    list: (page) => calls.call((db) => list(db, queries, page)),
  };
}

/** Reads the audit and appends to it; `calls` must be those of a transaction. */
export function createAuditWriter(calls: WriteCalls, queries: AuditQueries): AuditWriter {
  return {
    ...createAuditReader(calls, queries),
    append: (records) =>
      calls.call(async (db) => {
        for (const record of records) append(db, queries, record);
      }),
  };
}

async function list(db: Executor, queries: AuditQueries, page: AuditPage): Promise<AuditRecord[]> {
  assertLimit(page.limit);
  const { fromMs, toMs } = page.where;
  const above = await bound(db, fromMs, (ms) => queries.lastBefore({ ms: ms - slackMs }));
  const first = await bound(db, toMs, (ms) => queries.firstFrom({ ms: ms + slackMs }));
  const below = lower(page.before, first);
  const where = inIndex(page.where);
  const by = await rarest(db, queries, { where, below });
  const selection = { where, above, below, limit: page.limit, ...(by && { by }) };
  const { rows } = await db.executeQuery(queries.list(selection));
  return rows.map(read);
}

/** More than any trace id. */
const end = "~";

/** Of several columns that must have a value the one of which late records have it most rarely. */
async function rarest(
  db: Executor,
  queries: AuditQueries,
  { where, below = end }: { readonly where: AuditFilter; readonly below: string | undefined },
): Promise<ExactColumn | undefined> {
  const wanted = exactColumns.filter((column) => where[column] !== undefined);
  if (wanted.length < 2) return undefined;
  const found: (readonly [column: ExactColumn, traceId: string])[] = [];
  for (const column of wanted) {
    const value = where[column] ?? "";
    const late = queries.late(column, { value: typeof value === "string" ? value : +value, below });
    const { rows } = await db.executeQuery(late);
    found.push([column, rows[0]?.trace_id ?? ""]);
  }
  return found.toSorted(([, a], [, b]) => ascending(a, b))[0]?.[0];
}

const ascending = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

async function bound(
  db: Executor,
  ms: number | undefined,
  query: (ms: number) => CompiledQuery<Pick<AuditRow, "trace_id">>,
): Promise<string | undefined> {
  if (ms === undefined) return undefined;
  return (await db.executeQuery(query(ms))).rows[0]?.trace_id;
}

function lower(a: string | undefined, b: string | undefined): string | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return ascending(a, b) < 0 ? a : b;
}

function append(db: Writing, queries: AuditQueries, record: AuditRecord): void {
  db.send(queries.append(rowOf(record)), ({ numAffectedRows }) => {
    if (numAffectedRows === 0n) throw new Error(`there is an audit record "${record.traceId}"`);
  });
}

function rowOf(record: AuditRecord): AuditRow {
  const { traceId, time, procedure, principal, code, decision } = record;
  if (traceId === "" || time === undefined) throw new Error("an audit record without id or time");
  return {
    trace_id: traceId,
    time: Number(time.seconds) * 1000 + Math.floor(time.nanos / 1_000_000),
    ...inIndex({ procedure, principal, code }),
    refused: decision === "allowed" ? 0 : 1,
    body: toBinary(AuditRecordSchema, record),
  };
}

const read = ({ body }: Pick<AuditRow, "body">) => fromBinary(AuditRecordSchema, body);

/** The same with texts in the form in which they are indexed. */
function inIndex<F extends Pick<AuditFilter, "procedure" | "principal" | "code">>(fields: F): F {
  const { procedure, principal, code } = fields;
  return {
    ...fields,
    ...(procedure !== undefined && { procedure: indexed(procedure) }),
    ...(principal !== undefined && { principal: indexed(principal) }),
    ...(code !== undefined && { code: indexed(code) }),
  };
}
