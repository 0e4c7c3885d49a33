// The enforcing interceptor: the second line behind the gate. It lets nothing on that the gate did not allow for
// exactly this method, demands a reason where the rule does, and ends streams when the credential ends.
import { createHash } from "node:crypto";
import { type DescMethod, type Message, toBinary } from "@bufbuild/protobuf";
import type { ContextValues, Interceptor, UnaryRequest } from "@connectrpc/connect";
import { Code, ConnectError } from "@connectrpc/connect";
import { type Call, callKey } from "./call.ts";
import { decide, type RefusalReason } from "./decide.ts";
import { refusal } from "./refusal.ts";
import type { Procedure, RuleTable } from "./rule.ts";
import { endWithCredential } from "./stream-end.ts";

export interface EnforcerOptions {
  /** Told of refusals that only the message brought to light; the gate's own are told to the gate's `onDecision`. */
  readonly onRefusal?: (
    call: Call,
    reason: RefusalReason,
    values: ContextValues,
  ) => void | Promise<void>;
}

/** The shortest reason, in characters. */
export const reasonMinLength = 10;

/** The interceptor over a rule table. Must be the outermost of a router that has the gate over the same table. */
export function createEnforcer(rules: RuleTable, options: EnforcerOptions = {}): Interceptor {
  return (next) => async (request) => {
    const call = assertDecided(rules, request.method, request.contextValues.get(callKey));
    if (request.stream) return endWithCredential(call, request, next);
    await checkMessage(call, request, options);
    return next(request);
  };
}

/** The call, if the gate allowed it for exactly `method` under the rule of this table. Throws internal otherwise. */
export function assertDecided(rules: RuleTable, method: DescMethod, call: Call | undefined): Call {
  const procedure: Procedure = `/${method.parent.typeName}/${method.name}`;
  const sound =
    call !== undefined &&
    call.procedure === procedure &&
    call.rule === rules[procedure] &&
    call.decision.allowed &&
    decide(call.rule, call.principal).allowed;
  if (!sound) throw new ConnectError("authorization did not run", Code.Internal);
  return call;
}

async function checkMessage(call: Call, request: UnaryRequest, options: EnforcerOptions) {
  if (call.rule?.reason) assertReason(request.message);
  if (call.messageChecks.length === 0) return;
  const digest = digestOf(request);
  for (const check of call.messageChecks) {
    if (await check(digest)) continue;
    await options.onRefusal?.(call, "BAD_CREDENTIAL", request.contextValues);
    throw refusal({ ...call, principal: undefined }, "BAD_CREDENTIAL");
  }
}

/** The same for every encoding of a message, so that a re-send over another protocol is still the same call. */
function digestOf({ method, message }: UnaryRequest): string {
  return createHash("sha256").update(toBinary(method.input, message)).digest("base64");
}

/** Refuses a message whose `reason` says nothing. The generator made sure that the field exists. */
export function assertReason(message: Message): void {
  const { reason } = message as Message & { readonly reason?: unknown };
  if (typeof reason === "string" && reason.trim().length >= reasonMinLength) return;
  const text = `reason: must say why in at least ${reasonMinLength} characters`;
  throw new ConnectError(text, Code.InvalidArgument);
}
