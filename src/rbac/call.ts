// What the gate established about one call. It travels in Connect's context values, because those reach every kind
// of stream; interceptors and handlers read it, nothing after the gate writes it.
import { type ContextValues, createContextKey } from "@connectrpc/connect";
import type { Decision } from "./decide.ts";
import type { Principal } from "./principal.ts";
import type { Procedure, Rule } from "./rule.ts";

/** May the message that arrived be handled under the credential? `digest` stands for the whole message. */
export type MessageCheck = (digest: string) => Promise<boolean>;

/** One call, from the moment its headers arrived. */
export interface Call {
  /** Names the call in the answer, the audit and the logs. */
  readonly traceId: string;
  readonly startedAt: Date;
  /** "connect", "grpc" or "grpc-web". */
  readonly protocol: string;
  readonly procedure: Procedure;
  readonly rule: Rule | undefined;
  /** Undefined if nobody was identified. */
  readonly principal: Principal | undefined;
  readonly decision: Decision;
  /** What the decision does not tell the caller, for example which check a credential failed. */
  readonly detail: string;
  /** In how many milliseconds the same call may be let in, if it was refused because there were too many. */
  readonly retryAfterMs?: number;
  /** The caller wants the decision and nothing else: no handler runs. */
  readonly dryRun?: boolean;
  /** What the credential wants to know of every request message before the handler gets it. */
  readonly messageChecks: readonly MessageCheck[];
}

/** The call, or undefined where no gate ran. */
export const callKey = createContextKey<Call | undefined>(undefined, {
  description: "the call as the gate decided it",
});

/** The caller, or undefined if nobody was identified. */
export const principalKey = createContextKey<Principal | undefined>(undefined, {
  description: "the identified caller",
});

/** The call of a context. Throws where no gate ran: nothing may go on without a decision. */
export function callOf(values: ContextValues): Call {
  const call = values.get(callKey);
  if (call === undefined) throw new Error("authorization did not run");
  return call;
}
