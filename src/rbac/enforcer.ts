// The enforcing interceptor: the second line behind the gate. It lets nothing on that the gate did not allow for
// exactly this method, looks at messages where the rule or the credential asks for it, and ends streams when the
// credential ends.
import type { DescMethod } from "@bufbuild/protobuf";
import {
  type ContextValues,
  createContextKey,
  type Interceptor,
  type StreamRequest,
  type UnaryRequest,
} from "@connectrpc/connect";
import { type Call, callKey } from "./call.ts";
import { decide } from "./decide.ts";
import { offerDemand } from "./demand.ts";
import { dryRunEnd } from "./dry-run.ts";
import { type CheckMessage, createMessageCheck } from "./message-check.ts";
import { hasEnded } from "./principal.ts";
import { notDecided } from "./refusal.ts";
import { type Listeners, type RefuseLater, refuseLater } from "./report.ts";
import { type Procedure, procedureOf, type RuleTable } from "./rule.ts";
import { endWithCredential } from "./stream-end.ts";

/** The call that an enforcer let on. Nothing outside this file can set it. */
const enforcedKey = createContextKey<Call | undefined>(undefined, {
  description: "the call that the enforcer let on",
});

/** The interceptor over a rule table, for a router that has the gate over the same table. */
export function createEnforcer(rules: RuleTable, listeners: Listeners = {}): Interceptor {
  return (next) => async (request) => {
    const { method, contextValues } = request;
    const call = decidedCall(rules, request, listeners);
    const refuse = refuseLater(listeners, call, contextValues);
    await assertCredential(call, refuse);
    if (!call.dryRun) contextValues.set(enforcedKey, call);
    offerDemand(listeners, call, contextValues);
    const { onError } = listeners;
    const check = createMessageCheck({ call, schema: method.input, refuse, onError });
    if (call.dryRun) return await endDryRun(call, request, check);
    if (request.stream) {
      const onEnd = () => refuse("CREDENTIAL_ENDED").error;
      return endWithCredential({ ...call, onEnd }, checkedStream(request, check), next);
    }
    await check?.(request.message);
    return next(request);
  };
}

/** Throws internal unless an enforcer over these rules let this very call of `method` on. */
export function assertEnforced(rules: RuleTable, method: DescMethod, values: ContextValues): void {
  const call = values.get(callKey);
  if (!isDecided(rules, method, call) || values.get(enforcedKey) !== call) throw notDecided();
}

function decidedCall(
  rules: RuleTable,
  { method, contextValues }: UnaryRequest | StreamRequest,
  { onError }: Listeners,
): Call {
  const call = contextValues.get(callKey);
  if (isDecided(rules, method, call)) return call;
  const error = new Error("no gate over the same rules allowed this call; mount gate and enforcer");
  onError?.(error, { traceId: "", procedure: procedureOf(method) });
  throw notDecided();
}

/** True if the gate allowed `call` for exactly `method` under the rule of this table, and rightly so. */
function isDecided(rules: RuleTable, method: DescMethod, call: Call | undefined): call is Call {
  const procedure: Procedure = procedureOf(method);
  return (
    call !== undefined &&
    call.procedure === procedure &&
    call.rule === rules[procedure] &&
    call.decision.allowed &&
    decide(call.rule, call.principal, procedure).allowed
  );
}

/** A message is looked at all the same: a credential that was used for one is good for no other. */
async function endDryRun(
  call: Call,
  request: UnaryRequest | StreamRequest,
  check: CheckMessage | undefined,
): Promise<never> {
  if (!request.stream) await check?.(request.message);
  throw dryRunEnd(call);
}

/** A unary message may take its time to arrive: a credential that ended meanwhile counts no more. */
async function assertCredential({ principal }: Call, refuse: RefuseLater) {
  if (principal === undefined || !hasEnded(principal)) return;
  const { error, told } = refuse("CREDENTIAL_ENDED");
  await told;
  throw error;
}

function checkedStream(request: StreamRequest, check: CheckMessage | undefined): StreamRequest {
  return check ? { ...request, message: each(request.message, check) } : request;
}

async function* each<T extends UnaryRequest["message"]>(
  messages: AsyncIterable<T>,
  check: CheckMessage,
): AsyncGenerator<T> {
  for await (const message of messages) {
    await check(message);
    yield message;
  }
}
