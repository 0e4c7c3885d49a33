// `metal audit export`: what was sealed, a line of JSON for each record and seal, for `metal audit verify`.
import { type Message, toJson } from "@bufbuild/protobuf";
import {
  AuditService,
  type AuditServiceExportRequest,
  type AuditServiceExportResponse,
  AuditServiceExportResponseSchema,
} from "../../gen/metal/v1/audit_pb.ts";
import { CommandError } from "./errors.ts";
import type { Session } from "./session.ts";

/** Prints the lines as they come. Throws CallError, and CommandError rather than print a line that says less. */
export async function exportAudit(
  request: AuditServiceExportRequest,
  { api, io }: Pick<Session, "api" | "io">,
): Promise<void> {
  const call = { method: AuditService.method.export, request, subject: "audit export" };
  for await (const message of api.stream(call)) {
    const answer = message as AuditServiceExportResponse;
    if (!isUnderstood(answer))
      throw new CommandError("the server is newer than this program, which would leave things out");
    io.stdout(`${JSON.stringify(toJson(AuditServiceExportResponseSchema, answer))}\n`);
  }
}

const isUnderstood = ({ line }: AuditServiceExportResponse): boolean =>
  line.value !== undefined && (line.value satisfies Message).$unknown === undefined;
