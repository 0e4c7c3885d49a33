// AuditService: proto/metal/v1/audit.proto made real.
import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { ServiceImpl } from "@connectrpc/connect";
import type {
  AuditRecord,
  AuditService,
  AuditServiceListRequest,
} from "../../gen/metal/v1/audit_pb.ts";
import { notFound } from "../domain/errors.ts";
import { pageOf } from "../domain/page.ts";
import type { AuditFilter, AuditReader } from "../store/store.ts";

export function auditService(audit: AuditReader) {
  return {
    async list(request) {
      const where = filterOf(request);
      const { items, nextPageToken } = await pageOf(request, {
        filter: where,
        key: ({ traceId }: AuditRecord) => traceId,
        fetch: (before, limit) => audit.list({ where, limit, ...(before && { before }) }),
      });
      return { records: items, nextPageToken };
    },
    async get({ traceId }) {
      const record = await audit.get(traceId);
      if (record === undefined) throw notFound(`no record of a call "${traceId}"`);
      return { record };
    },
  } satisfies ServiceImpl<typeof AuditService>;
}

function filterOf(request: AuditServiceListRequest): AuditFilter {
  const { from, to, procedure, principal, code, refused } = request;
  return {
    ...(from && { fromMs: timestampMs(from) }),
    ...(to && { toMs: timestampMs(to) }),
    ...(procedure && { procedure }),
    ...(principal && { principal }),
    ...(code && { code }),
    ...(refused && { refused }),
  };
}
