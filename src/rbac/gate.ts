// The gate: runs when the headers of a call have arrived and before any byte of its body is read, for every protocol
// and every kind of stream. It finds the rule, identifies the caller, decides, and lets the call on or refuses it.
import type { HandlerContext } from "@connectrpc/connect";
import { type Call, callKey, type MessageCheck, principalKey } from "./call.ts";
import { type Decision, decide, type RefusalReason } from "./decide.ts";
import type { Principal } from "./principal.ts";
import { refusal } from "./refusal.ts";
import type { Procedure, Rule, RuleTable } from "./rule.ts";
import { newTraceId } from "./trace-id.ts";

/** What authentication found out. */
export type Authentication =
  /** `principal` undefined: no credential was presented. */
  | {
      readonly principal: Principal | undefined;
      /** What the credential wants to know of the message of a unary call before it is handled. */
      readonly messageChecks?: readonly MessageCheck[];
    }
  | {
      /** A credential was presented and is bad, or cannot be checked now. */
      readonly refused: "BAD_CREDENTIAL" | "UNDECIDABLE";
      /** A stable word for the audit; never shown to the caller. */
      readonly detail: string;
    };

/** Identifies the caller from the headers. Errors thrown refuse the call as UNDECIDABLE. */
export type Authenticate = (context: HandlerContext, rule: Rule) => Promise<Authentication>;

export interface GateOptions {
  readonly authenticate: Authenticate;
  /** How long `authenticate` may take before the call is refused. In milliseconds. */
  readonly authenticateLimitMs?: number;
  /**
   * Told of every decision before it takes effect. What it throws is passed to `onError` and changes no decision.
   */
  readonly onDecision?: (call: Call, context: HandlerContext) => void | Promise<void>;
  /** Told of errors that the caller does not see. */
  readonly onError?: (error: unknown, call: Pick<Call, "traceId" | "procedure">) => void;
}

const defaultLimitMs = 10_000;

/** The gate over a rule table, for the option `requestGate` of a Connect router or adapter. */
export function createGate(rules: RuleTable, options: GateOptions) {
  return async (context: HandlerContext): Promise<void> => {
    const call = await judge(rules, options, context);
    context.values.set(callKey, call);
    context.values.set(principalKey, call.principal);
    context.responseHeader.set("trace-id", call.traceId);
    await report(options, call, context);
    if (!call.decision.allowed) throw refusal(call, call.decision.reason);
  };
}

async function judge(rules: RuleTable, options: GateOptions, context: HandlerContext) {
  const procedure: Procedure = `/${context.service.typeName}/${context.method.name}`;
  const rule = Object.hasOwn(rules, procedure) ? rules[procedure] : undefined;
  const protocol = context.protocolName;
  const known = { traceId: newTraceId(), startedAt: new Date(), protocol, procedure, rule };
  const refused = (reason: RefusalReason, detail = "") =>
    ended(known, { decision: { allowed: false, reason }, detail });
  if (rule === undefined) return refused("NO_RULE");
  if (context.signal.aborted) return refused("SHUTTING_DOWN");
  const found = await identify(options, context, { ...known, rule });
  if ("refused" in found) return refused(found.refused, found.detail);
  return ended(known, { ...found, decision: decide(rule, found.principal) });
}

type Known = Pick<Call, "traceId" | "startedAt" | "protocol" | "procedure" | "rule">;

function ended(
  known: Known,
  outcome: { decision: Decision } & Partial<Pick<Call, "principal" | "detail" | "messageChecks">>,
): Call {
  const { decision, principal, detail = "", messageChecks = [] } = outcome;
  return Object.freeze({ ...known, decision, principal, detail, messageChecks });
}

async function identify(
  options: GateOptions,
  context: HandlerContext,
  known: Known & { readonly rule: Rule },
): Promise<Authentication> {
  const { authenticate, authenticateLimitMs = defaultLimitMs } = options;
  try {
    const found = authenticate(context, known.rule);
    return await within(found, { signal: context.signal, limitMs: authenticateLimitMs });
  } catch (error) {
    if (error !== tooLong) options.onError?.(error, known);
    return { refused: "UNDECIDABLE", detail: error === tooLong ? "time_limit" : "error" };
  }
}

const tooLong = new Error("authentication took too long");

/** The result of `work`, or a rejection with `tooLong` when the call ends or the limit passes before. */
function within<T>(work: Promise<T>, until: { signal: AbortSignal; limitMs: number }): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => finish(() => reject(tooLong));
    const timer = setTimeout(stop, until.limitMs);
    until.signal.addEventListener("abort", stop, { once: true });
    const finish = (settle: () => void) => {
      clearTimeout(timer);
      until.signal.removeEventListener("abort", stop);
      settle();
    };
    work.then(
      (value) => finish(() => resolve(value)),
      (error: unknown) => finish(() => reject(error)),
    );
  });
}

async function report(options: GateOptions, call: Call, context: HandlerContext): Promise<void> {
  try {
    await options.onDecision?.(call, context);
  } catch (error) {
    options.onError?.(error, call);
  }
}
