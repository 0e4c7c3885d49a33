// Where the audit is copied to, out of reach of whoever can write to the database.
import { toJson } from "@bufbuild/protobuf";
import { AuditServiceExportResponseSchema } from "../../../gen/metal/v1/audit_pb.ts";
import { linesOf, type Sealed } from "../sealed.ts";

/** Takes what was sealed, in the order of the seals. */
export interface Sink {
  /** Names it in logs, metrics and the store, which keeps under this name how far it is. */
  readonly name: string;
  /** Resolves when the sink has all of it, and rejects if that is not certain: then it gets the same again. */
  write(batch: readonly Sealed[]): Promise<void>;
}

/** The lines of an export, as `metal audit verify` reads them. */
export function jsonLines(sealed: Sealed): string[] {
  return linesOf(sealed).map((line) =>
    JSON.stringify(toJson(AuditServiceExportResponseSchema, line)),
  );
}
