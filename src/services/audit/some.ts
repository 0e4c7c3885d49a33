// Records for one page: as many as are wanted, and no more than one answer holds. A record has up to 64 KiB of request,
// and clients of gRPC take messages of 4 MiB unless told otherwise.
import { toBinary } from "@bufbuild/protobuf";
import { type AuditRecord, AuditRecordSchema } from "../../../gen/metal/v1/audit_pb.ts";
import type { Found } from "../../domain/page.ts";
import type { AuditPage, AuditReader } from "../../store/store.ts";

/** In bytes. The last few records that are read together may exceed it. */
const mostBytes = 2 * 1024 * 1024;
/** So many are read together. */
const atOnce = 25;

/** The records of `page`, or the newest of them. */
export async function someOf(audit: AuditReader, page: AuditPage): Promise<Found<AuditRecord>> {
  const items: AuditRecord[] = [];
  for (let bytes = 0; items.length < page.limit; ) {
    const limit = Math.min(page.limit - items.length, atOnce);
    const last = items.at(-1)?.traceId;
    if (last !== undefined && bytes > mostBytes) return { items, goOnAfter: last };
    const read = await audit.list({ ...page, limit, ...(last !== undefined && { before: last }) });
    items.push(...read);
    if (read.length < limit) break;
    bytes += read.reduce((sum, record) => sum + toBinary(AuditRecordSchema, record).byteLength, 0);
  }
  return { items };
}
