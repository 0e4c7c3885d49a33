// Every check that a call passes, top to bottom. The gate sees the headers of every call, whatever its protocol and
// kind, before any byte of its body is read; the interceptors see its messages, the first one listed first. Whatever
// throws ends the call there.
import { enforcer, gate } from "../gen/rbac/gate.ts";
import type { AuditOptions } from "./audit/options.ts";
import { recordRefusals } from "./audit/refusal.ts";
import { auditing } from "./interceptors/audit.ts";
import { type Log, logging } from "./interceptors/log.ts";
import { validate } from "./interceptors/validate.ts";
import type { Authenticate } from "./rbac/gate.ts";

/** What the stages need. */
export interface Stages {
  readonly authenticate: Authenticate;
  readonly audit: AuditOptions;
  readonly log: Log;
}

/** The options of the Connect adapter that check calls. */
export function pipeline({ authenticate, audit, log }: Stages) {
  const { onDecision, onRefusal, onError } = recordRefusals(audit);
  return {
    requestGate: gate({ authenticate, onDecision, onError }), // rule → caller → role → component
    interceptors: [
      logging(log), // what the caller is not told
      enforcer({ onRefusal }), // no decision for exactly this method, no call; streams end with the credential
      auditing(audit), // one record for every call that is not a plain read
      validate, // the rules in the proto
    ],
  };
}
