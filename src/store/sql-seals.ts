// Reads and appends the seals of the audit in SQL.
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import {
  type AuditRecord,
  AuditRecordSchema,
  type AuditSeal,
  AuditSealSchema,
} from "../../gen/metal/v1/audit_pb.ts";
import { aborted } from "../domain/errors.ts";
import type { Calls, WriteCalls, Writing } from "./calls.ts";
import type { Executor } from "./engine.ts";
import { assertLimit } from "./limit.ts";
import type { AuditRow } from "./schema.ts";
import type { SealQueries } from "./seal-queries.ts";
import type { Backlog, SealReader, SealWriter } from "./seals.ts";

/** Reads seals. */
export function createSealReader(calls: Calls, queries: SealQueries): SealReader {
  return {
    head: () => calls.call((db) => head(db, queries)),
    list: (page) =>
      calls.call(async (db) => {
        assertLimit(page.limit);
        return (await db.executeQuery(queries.list(page))).rows.map(withLeaves);
      }),
    oldest: (limit) =>
      calls.call(async (db) => {
        assertLimit(limit);
        return (await db.executeQuery(queries.oldest({ limit }))).rows.map(withLeaves);
      }),
    records: ({ leaves }) => calls.call((db) => recordsOf(db, queries, leaves)),
    unsealed: (limit) =>
      calls.call(async (db) => {
        assertLimit(limit);
        return (await db.executeQuery(queries.unsealed({ limit }))).rows.map(recordOf);
      }),
    backlog: () => calls.call((db) => backlog(db, queries)),
  };
}

/** Reads and appends seals; `calls` must be those of a transaction. */
export function createSealWriter(calls: WriteCalls, queries: SealQueries): SealWriter {
  return {
    ...createSealReader(calls, queries),
    append: (seal) => calls.call((db) => append(db, queries, seal)),
    forget: ({ number, leaves }) =>
      calls.call(async (db) => {
        const ids = leaves.map(({ traceId }) => traceId);
        if (ids.length > 0) db.send(queries.removeRecords(ids));
        db.send(queries.removeLeaves({ seal: Number(number) }));
      }),
  };
}

async function head(db: Executor, queries: SealQueries): Promise<AuditSeal | undefined> {
  const [row] = (await db.executeQuery(queries.head({}))).rows;
  return row && fromBinary(AuditSealSchema, row.body);
}

function withLeaves({ body, leaves }: { body: Uint8Array; leaves: Uint8Array | null }): AuditSeal {
  const seal = fromBinary(AuditSealSchema, body);
  if (leaves !== null) seal.leaves = fromBinary(AuditSealSchema, leaves).leaves;
  return seal;
}

const recordOf = ({ body }: Pick<AuditRow, "body">) => fromBinary(AuditRecordSchema, body);

async function recordsOf(
  db: Executor,
  queries: SealQueries,
  leaves: AuditSeal["leaves"],
): Promise<AuditRecord[]> {
  if (leaves.length === 0) return [];
  const ids = leaves.map(({ traceId }) => traceId);
  const { rows } = await db.executeQuery(queries.records(ids));
  const bodies = new Map(rows.map((row) => [row.trace_id, row]));
  return ids.flatMap((id) => bodies.get(id) ?? []).map(recordOf);
}

async function backlog(db: Executor, queries: SealQueries): Promise<Backlog> {
  const { rows } = await db.executeQuery(queries.backlog({}));
  const [oldest] = (await db.executeQuery(queries.unsealed({ limit: 1 }))).rows;
  return { count: Number(rows[0]?.count ?? 0), ...(oldest && { oldestMs: oldest.time }) };
}

async function append(db: Writing, queries: SealQueries, seal: AuditSeal): Promise<void> {
  const number = Number(seal.number);
  const last = Number((await head(db, queries))?.number ?? 0);
  if (number !== last + 1) throw aborted(`seal ${number} does not follow seal ${last}`);
  const body = toBinary(AuditSealSchema, { ...seal, leaves: [] });
  const horizon = seal.horizon === undefined ? 0 : timestampMs(seal.horizon);
  db.send(queries.append({ number, forgotten: Number(seal.forgotten), horizon, body }));
  const leaves = toBinary(AuditSealSchema, create(AuditSealSchema, { leaves: seal.leaves }));
  db.send(queries.appendLeaves({ seal: number, body: leaves }));
  take(db, queries, seal.leaves);
}

/** No record may be in two seals, or in none that there is: then nothing of the seal may be committed. */
function take(db: Writing, queries: SealQueries, leaves: AuditSeal["leaves"]): void {
  if (leaves.length === 0) return;
  db.send(queries.seal(leaves.map(({ traceId }) => traceId)), ({ numAffectedRows }) => {
    if (numAffectedRows !== BigInt(leaves.length))
      throw new Error("some records of the seal do not wait for one");
  });
}
