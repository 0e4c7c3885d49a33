// The audit record of a call while the call runs.
import { create, type JsonObject } from "@bufbuild/protobuf";
import { durationFromMs, timestampFromDate } from "@bufbuild/protobuf/wkt";
import { createContextKey } from "@connectrpc/connect";
import { type AuditRecord, AuditRecordSchema } from "../../gen/metal/v1/audit_pb.ts";
import type { Call } from "../rbac/call.ts";
import { Role } from "../rbac/role.ts";
import { cutText } from "./shorten.ts";

/** What is kept of texts that callers write or have quoted to them, in characters: more than any of them needs. */
const longestText = 4096;

/** A record that lacks nothing but its end. */
export class Draft {
  readonly call: Call;
  /** The record is in the store: nothing else may write it. */
  recorded = false;
  readonly #peer: string;
  #request: (() => JsonObject) | undefined;
  readonly #reason: string;

  /** `peer`: the address and port a call came from. */
  constructor(
    call: Call,
    peer: string,
    message: { readonly request?: () => JsonObject; readonly reason?: string } = {},
  ) {
    this.call = call;
    this.#peer = peer;
    this.#request = message.request;
    this.#reason = message.reason ?? "";
  }

  /** Notes what is asked for, where that is known only when a stream is read. Redact it. */
  note(request: () => JsonObject): void {
    this.#request = request;
  }

  /** The record of a call that ends now with `code`: "ok", or the code of its error. */
  record(code: string, error = ""): AuditRecord {
    const { principal, decision, rule } = this.call;
    return create(AuditRecordSchema, {
      traceId: this.call.traceId,
      time: timestampFromDate(this.call.startedAt),
      procedure: this.call.procedure.slice(1),
      principal: principal?.id ?? "",
      principalName: principal?.name ?? "",
      role: principal?.role ?? Role.UNSPECIFIED,
      credential: credentialOf(this.call),
      decision: decision.allowed ? "allowed" : decision.reason,
      detail: this.call.detail,
      requiredRole: rule?.minRole ?? Role.UNSPECIFIED,
      code,
      error: kept(error),
      peer: this.#peer,
      protocol: this.call.protocol,
      duration: durationFromMs(Math.max(Date.now() - this.call.startedAt.getTime(), 0)),
      request: this.#request?.(),
      reason: kept(this.#reason),
    });
  }
}

const kept = (text: string) => cutText(text, longestText);

function credentialOf({ principal }: Call): string {
  if (principal === undefined) return "";
  const { label, keyId } = principal.credential;
  return keyId ? `${label} (${keyId})` : label;
}

/** The draft of the call, for whoever changes something. */
export const draftKey = createContextKey<Draft | undefined>(undefined, {
  description: "the audit record of the call, not yet written",
});
