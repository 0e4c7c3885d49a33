// AuditService: proto/metal/v1/audit.proto made real.
import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import type {
  AuditRecord,
  AuditService,
  AuditServiceExportRequest,
  AuditServiceListRequest,
} from "../../gen/metal/v1/audit_pb.ts";
import { linesOf, sealedAfter } from "../audit/sealed.ts";
import { notFound } from "../domain/errors.ts";
import { pageOf } from "../domain/page.ts";
import type { AuditFilter, Snapshot } from "../store/store.ts";
import { someOf } from "./audit/some.ts";

export function auditService({ audit, seals }: Pick<Snapshot, "audit" | "seals">) {
  return {
    async list(request) {
      const where = filterOf(request);
      const { items, nextPageToken } = await pageOf(request, {
        filter: where,
        key: ({ traceId }: AuditRecord) => traceId,
        fetch: (before, limit) => someOf(audit, { where, limit, ...(before && { before }) }),
      });
      return { records: items, nextPageToken };
    },
    async get({ traceId }) {
      const record = await audit.get(traceId);
      if (record === undefined) throw notFound(`no record of a call "${traceId}"`);
      return { record };
    },
    async *export({ after }: AuditServiceExportRequest, { signal }: HandlerContext) {
      for await (const sealed of sealedAfter(seals, Number(after))) {
        signal.throwIfAborted();
        yield* linesOf(sealed);
      }
    },
    async head() {
      const seal = await seals.head();
      if (seal === undefined) throw notFound("nothing was sealed yet");
      return { seal, unsealed: BigInt((await seals.backlog()).count) };
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
