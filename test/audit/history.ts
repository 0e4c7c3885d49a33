// Histories of an audit as they can be: records sealed in batches, some removed because they were old, copied line by line.
import { create, type JsonObject, toJson } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import fc from "fast-check";
import {
  type AuditRecord,
  AuditRecordSchema,
  type AuditSeal,
  AuditSealSchema,
} from "../../gen/metal/v1/audit_pb.ts";
import { lowestTraceId } from "../../src/rbac/trace-id.ts";
import { leafOf, nextSeal, type SealOptions } from "../../src/audit/seal.ts";

const start = Date.parse("2026-01-15T10:00:00Z");

/** A history, as the JSON of the lines of its copy. */
export interface History {
  readonly lines: readonly JsonObject[];
  /** The last seal. */
  readonly head: { readonly number: number; readonly hash: string };
  /** How many records are still there. */
  readonly records: number;
}

const request = fc.option(
  fc.dictionary(
    fc.oneof(fc.string(), fc.string({ unit: "binary" }), fc.constantFrom("10", "9", "é")),
    fc.oneof(
      fc.string({ unit: "binary" }),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.boolean(),
    ),
    { noNullPrototype: true, maxKeys: 4 },
  ),
  { nil: undefined },
);

const record = (index: number, seal: number) =>
  fc.record({ request, reason: fc.string({ unit: "binary", maxLength: 5 }) }).map((values) =>
    create(AuditRecordSchema, {
      ...values,
      traceId: lowestTraceId(start + seal * 1000 + index),
      time: timestampFromMs(start + seal * 1000 + index),
    }),
  );

const batch = (seal: number) =>
  fc
    .integer({ min: seal % 3 === 0 ? 0 : 1, max: 4 })
    .chain((count) =>
      fc.tuple(...Array.from({ length: count }, (_, index) => record(index, seal))),
    );

/** Histories of 1 to 6 seals; the records of the first few may be removed. */
export const histories = (sign?: SealOptions["sign"]) =>
  fc
    .integer({ min: 1, max: 6 })
    .chain((count) => fc.tuple(...Array.from({ length: count }, (_, seal) => batch(seal))))
    .chain((batches) =>
      fc.nat(batches.length - 1).map((forgotten) => historyOf(batches, forgotten, sign)),
    );

function historyOf(
  batches: readonly (readonly AuditRecord[])[],
  forgotten: number,
  sign: SealOptions["sign"],
): History {
  const seals: AuditSeal[] = [];
  for (const [index, records] of batches.entries()) {
    const isLast = index === batches.length - 1;
    const removed = { forgotten: BigInt(forgotten), horizon: timestampFromMs(start) };
    const link = { leaves: records.map(leafOf), now: () => start + index, sign };
    seals.push(nextSeal(seals.at(-1), { ...link, ...(isLast && forgotten > 0 && { removed }) }));
  }
  const kept = batches.map((records, index) => (index < forgotten ? [] : records));
  const lines = seals.flatMap((seal, index) => [
    ...(kept[index] ?? []).map((one) => ({ record: toJson(AuditRecordSchema, one) })),
    { seal: toJson(AuditSealSchema, index < forgotten ? { ...seal, leaves: [] } : seal) },
  ]);
  const last = seals.at(-1);
  return {
    lines,
    head: { number: Number(last?.number), hash: last?.hash ?? "" },
    records: kept.flat().length,
  };
}
