// What was sealed, in the order of the seals, for whoever copies it: an export, a sink.
import { create } from "@bufbuild/protobuf";
import {
  type AuditRecord,
  type AuditSeal,
  type AuditServiceExportResponse,
  AuditServiceExportResponseSchema,
} from "../../gen/metal/v1/audit_pb.ts";
import type { SealReader } from "../store/seals.ts";

/** A seal with its leaves, and its records in their order. */
export interface Sealed {
  readonly seal: AuditSeal;
  readonly records: readonly AuditRecord[];
}

/** The seals read at once: their leaves are some 100 bytes for each record. */
const pageSize = 20;

/** Everything after a number up to the newest seal there is when it is asked for. Holds one page of it at a time. */
export async function* sealedAfter(seals: SealReader, after: number): AsyncGenerator<Sealed> {
  for (let last = after; ; ) {
    const page = await seals.list({ after: last, limit: pageSize });
    for (const seal of page) yield { seal, records: await seals.records(seal) };
    last = Number(page.at(-1)?.number ?? last);
    if (page.length < pageSize) return;
  }
}

/** The same as lines of an export: the records of a seal, then the seal. */
export function linesOf({ seal, records }: Sealed): AuditServiceExportResponse[] {
  const line = (value: AuditServiceExportResponse["line"]) =>
    create(AuditServiceExportResponseSchema, { line: value });
  return [
    ...records.map((record) => line({ case: "record", value: record })),
    line({ case: "seal", value: seal }),
  ];
}
