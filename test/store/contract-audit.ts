// The contract of the audit.
import { equals } from "@bufbuild/protobuf";
import { expect, test } from "@jest/globals";
import { type AuditRecord, AuditRecordSchema } from "../../gen/metal/v1/audit_pb.ts";
import { lowestTraceId } from "../../src/rbac/trace-id.ts";
import type { AuditFilter } from "../../src/store/store.ts";
import type { Opened } from "./contract.ts";
import { appendAudit, audit } from "./sample.ts";

const start = Date.parse("2026-01-15T10:00:00Z");
const minute = 60_000;

export function auditContract(opened: () => Opened): void {
  aboutRecords(opened);
  aboutFilters(opened);
  aboutTimes(opened);
  aboutPages(opened);
}

function aboutRecords(opened: () => Opened): void {
  test("a record is read as it was appended, to the nanosecond", async () => {
    const { store } = opened();
    const record = audit(start, {
      time: { $typeName: "google.protobuf.Timestamp", seconds: 5n, nanos: 123_456_789 },
      principal: "hmac:Metal-Edit",
      request: { id: "x", list: [1, "two", null, { three: true }] },
      reason: "because",
    });
    await appendAudit(store, [record]);
    const read = await store.read.audit.get(record.traceId);
    expect(read && equals(AuditRecordSchema, read, record)).toBe(true);
    expect(await store.read.audit.get("nothing")).toBeUndefined();
    expect(await store.read.audit.get(record.traceId.toUpperCase())).toBeUndefined();
  });

  const refused: readonly (readonly [what: string, record: AuditRecord])[] = [
    ["a trace id that is taken", audit(start, { principal: "another" })],
    ["no trace id", audit(start, { traceId: "" })],
    ["no time", audit(start + 1, { time: undefined })],
  ];
  test.each(refused)("a record with %s is not appended, and nothing with it", async (_, record) => {
    const { store } = opened();
    const first = audit(start, { principal: "first" });
    await appendAudit(store, [first]);
    const append = appendAudit(store, [audit(start + 5), record]);
    await expect(append).rejects.toThrow("audit record");
    expect(await store.read.audit.list({ where: {}, limit: 9 })).toEqual([first]);
  });

  test("to append nothing is no error", async () => {
    const { store } = opened();
    await appendAudit(store, []);
    expect(await store.read.audit.list({ where: {}, limit: 9 })).toEqual([]);
  });
}

const calls = [
  { principal: "p1", procedure: "A/Get", code: "ok" },
  { principal: "p2", procedure: "A/Get", code: "ok" },
  { principal: "p1", procedure: "B/Get", code: "not_found" },
  { principal: "", procedure: "A/Get", code: "unauthenticated", decision: "CREDENTIAL_MISSING" },
  { principal: "p2", procedure: "B/Set", code: "permission_denied", decision: "ROLE_TOO_LOW" },
  { principal: "P1", procedure: "A/Get", code: "ok" },
];

/** Which of the calls, newest first; one a minute from the start on. */
const filters: readonly (readonly [where: AuditFilter, calls: readonly number[]])[] = [
  [{}, [5, 4, 3, 2, 1, 0]],
  [{ principal: "p1" }, [2, 0]],
  [{ principal: "" }, [3]],
  [{ principal: "p" }, []],
  [{ procedure: "A/Get" }, [5, 3, 1, 0]],
  [{ code: "ok" }, [5, 1, 0]],
  [{ refused: true }, [4, 3]],
  [{ refused: false }, [5, 2, 1, 0]],
  [{ principal: "p2", refused: true }, [4]],
  [{ principal: "p1", procedure: "A/Get", code: "ok", refused: false }, [0]],
  [{ fromMs: start + 2 * minute }, [5, 4, 3, 2]],
  [{ fromMs: start + 2 * minute + 1 }, [5, 4, 3]],
  [{ toMs: start + 2 * minute }, [1, 0]],
  [{ toMs: start + 4 * minute }, [3, 2, 1, 0]],
  [{ toMs: start + 2 * minute + 1 }, [2, 1, 0]],
  [{ fromMs: start + minute, toMs: start + 4 * minute }, [3, 2, 1]],
  [{ fromMs: start + minute, toMs: start + 4 * minute, procedure: "A/Get" }, [3, 1]],
  [{ fromMs: start + 9 * minute }, []],
  [{ toMs: start }, []],
  [{ fromMs: start + 3 * minute, toMs: start + minute }, []],
  [{ fromMs: 0, toMs: start * 2 }, [5, 4, 3, 2, 1, 0]],
];

function aboutFilters(opened: () => Opened): void {
  test.each(filters)("the filter %j lets through %j", async (where, expected) => {
    const { store } = opened();
    await appendAudit(
      store,
      calls.map((call, index) => audit(start + index * minute, call)),
    );
    const found = await store.read.audit.list({ where, limit: 10 });
    expect(found.map(indexOf)).toEqual(expected);
    for (const limit of [2, 4]) {
      const before = lowestTraceId(start + limit * minute);
      const older = await store.read.audit.list({ where, before, limit });
      expect(older.map(indexOf)).toEqual(expected.filter((n) => n < limit).slice(0, limit));
    }
  });

  test("long callers and procedures are found exactly", async () => {
    const { store } = opened();
    const principal = `oidc:${"x".repeat(3000)}`;
    const other = `${principal}y`;
    await appendAudit(store, [audit(start, { principal }), audit(start + 1, { principal: other })]);
    const found = await store.read.audit.list({ where: { principal }, limit: 9 });
    expect(found.map((record) => record.principal)).toEqual([principal]);
  });
}

const indexOf = ({ time }: AuditRecord) => (Number(time?.seconds) * 1000 - start) / minute;

function aboutTimes(opened: () => Opened): void {
  test("a record counts to the millisecond in which it began", async () => {
    const { store } = opened();
    const seconds = BigInt(start / 1000);
    const time = { $typeName: "google.protobuf.Timestamp" as const, seconds, nanos: 1_999_999 };
    await appendAudit(store, [audit(start, { time })]);
    const count = async (where: AuditFilter) =>
      (await store.read.audit.list({ where, limit: 9 })).length;
    expect(await count({ fromMs: start + 1, toMs: start + 2 })).toBe(1);
    expect(await count({ fromMs: start + 2 })).toBe(0);
    expect(await count({ toMs: start + 1 })).toBe(0);
  });

  test("a search by time misses no record whose trace id says up to a minute otherwise", async () => {
    const { store } = opened();
    const records = Array.from({ length: 200 }, (_, n) => {
      // A trace id that runs ahead and lags behind, in a pattern that does not repeat with the times.
      const skew = ((n * 37) % 119) - 59;
      const { traceId } = audit(start + (n + skew) * 1000, {}, `${1000 + n}`);
      return audit(start + n * 1000, { traceId });
    });
    await appendAudit(store, records);
    for (const [from, to] of [
      [0, 1],
      [50, 51],
      [60, 140],
      [100, 101],
      [199, 200],
    ] as const) {
      const where = { fromMs: start + from * 1000, toMs: start + to * 1000 };
      const found = await store.read.audit.list({ where, limit: 300 });
      expect(found).toHaveLength(to - from);
    }
  });
}

function aboutPages(opened: () => Opened): void {
  test("records are listed by trace id, newest first, also within a millisecond", async () => {
    const { store } = opened();
    const rests = ["00", "0a", "10", "a0", "ff"];
    const records = rests.map((rest) => audit(start, { reason: rest }, rest));
    await appendAudit(
      store,
      [records[3], records[0], records[4], records[2], records[1]].flatMap((r) => r ?? []),
    );
    const found = await store.read.audit.list({ where: {}, limit: 9 });
    expect(found.map(({ reason }) => reason)).toEqual(rests.toReversed());
  });

  test.each([{}, { principal: "p" }, { toMs: start + minute }])(
    "pages %j lose and repeat nothing while records are appended",
    async (where) => {
      const { store } = opened();
      const records = Array.from({ length: 250 }, (_, n) => audit(start + n, { principal: "p" }));
      await appendAudit(store, records);
      const seen: string[] = [];
      for (let round = 0; ; round += 1) {
        const before = seen.at(-1);
        const page = await store.read.audit.list({ where, limit: 17, ...(before && { before }) });
        if (page.length === 0) break;
        seen.push(...page.map(({ traceId }) => traceId));
        await appendAudit(store, [audit(start + 1000 + round, { principal: "p" })]);
      }
      expect(seen).toEqual(records.map(({ traceId }) => traceId).toReversed());
    },
  );
}
