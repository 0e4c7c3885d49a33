// The gate: runs when the headers of a call have arrived and before any byte of its body is read, for every protocol
// and every kind of stream. It finds the rule, identifies the caller, decides, and lets the call on or refuses it.
import { Code, ConnectError, type HandlerContext } from "@connectrpc/connect";
import { type Call, callKey, type MessageCheck, principalKey } from "./call.ts";
import { decide, type RefusalReason } from "./decide.ts";
import { isDryRun } from "./dry-run.ts";
import type { Principal } from "./principal.ts";
import { notDecided, refusal } from "./refusal.ts";
import { type Listeners, report } from "./report.ts";
import { procedureOf, type Rule, type RuleTable } from "./rule.ts";
import { newTraceId } from "./trace-id.ts";
import { TimeLimitError, untilLimit } from "./until-aborted.ts";

/** What authentication found out. */
export type Authentication =
  /** `principal` undefined: no credential was presented. */
  | {
      readonly principal: Principal | undefined;
      /** What the credential wants to know of the request message before it is handled. */
      readonly messageChecks?: readonly MessageCheck[];
    }
  | {
      /** A credential was presented and is bad, or cannot be checked now. */
      readonly refused: "BAD_CREDENTIAL" | "UNDECIDABLE";
      /** A stable word for the audit; never shown to the caller. */
      readonly detail: string;
    };

/**
 * Identifies the caller from the headers, at once where there is nothing to wait for. Whatever it throws refuses the call
 * as UNDECIDABLE.
 */
export type Authenticate = (
  context: HandlerContext,
  rule: Rule,
) => Authentication | Promise<Authentication>;

/** Why a call comes too early. */
export interface TooMany {
  /** When it may come again, in milliseconds from now. */
  readonly retryAfterMs: number;
  /** A stable word for the audit; never shown to the caller. */
  readonly detail: string;
}

/** Bounds how many calls there are. Whatever it throws refuses the call as UNDECIDABLE. */
export interface Admission {
  /** Asked before the credential is looked at, and told of it again by `after` unless the call was refused here. */
  readonly before: (context: HandlerContext) => TooMany | undefined;
  /** Asked when it is known who calls, or that it is not. Bad credentials are refused in any case. */
  readonly after: (context: HandlerContext, found: Authentication) => TooMany | undefined;
}

export interface GateOptions extends Listeners {
  readonly authenticate: Authenticate;
  /** Admits all calls if absent. */
  readonly admission?: Admission;
  /**
   * How long `authenticate` may take before the call is refused, and `onDecision` before the call goes on without it.
   * In milliseconds, each.
   */
  readonly limitMs?: number;
}

const defaultLimitMs = 10_000;

/** A context that can say more cheaply than by its signal, which it makes when it is asked for, whether that is aborted. */
export interface GateContext extends HandlerContext {
  readonly isAborted?: boolean;
}

/** The gate over a rule table, for the option `requestGate` of a Connect router or adapter. */
export function createGate(rules: RuleTable, options: GateOptions) {
  return async (context: GateContext): Promise<void> => {
    const { values, responseHeader } = context;
    const judged = judge(rules, options, context);
    const call = judged instanceof Promise ? await judged : judged;
    if (values.get(callKey) !== undefined) throw shared(options, call);
    values.set(callKey, call);
    values.set(principalKey, call.principal);
    responseHeader.set("trace-id", call.traceId);
    // Caches know that answers to `Authorization` are private (RFC 9111, section 3.5), but no other credential.
    if (context.requestMethod === "GET") responseHeader.set("cache-control", "no-store");
    const told = report(options, call, values);
    if (told !== undefined) await inTime(told, options, call);
    if (!call.decision.allowed) throw refusal(call, call.decision.reason);
  };
}

/** What is known of a call before its caller is. */
type Known = Pick<Call, "traceId" | "startedAt" | "protocol" | "procedure" | "rule" | "dryRun">;

function known(rules: RuleTable, context: HandlerContext): Known {
  const { method, protocolName, requestHeader } = context;
  const procedure = procedureOf(method);
  const rule = Object.hasOwn(rules, procedure) ? rules[procedure] : undefined;
  const [traceId, startedAt] = [newTraceId(), new Date()];
  const dryRun = isDryRun(requestHeader);
  return { traceId, startedAt, protocol: protocolName, procedure, rule, dryRun };
}

/** Judges at once where the caller is known at once: waiting costs more than all else that is done here. */
function judge(rules: RuleTable, options: GateOptions, context: GateContext): Call | Promise<Call> {
  const about = known(rules, context);
  const { rule } = about;
  if (rule === undefined) return refused(about, "NO_RULE");
  if (isAborted(context)) return refused(about, whyAborted(context.signal));
  try {
    const early = options.admission?.before(context);
    if (early !== undefined) return limited(about, early);
    const found = options.authenticate(context, rule);
    // By what it has, not by its class: whoever is still to be known is nobody who brought no credential.
    return "then" in found
      ? judgeLater(about, options, context, found)
      : judgeFound(about, options, context, found);
  } catch (error) {
    return undecided(about, options, context, error);
  }
}

async function judgeLater(
  about: Known,
  options: GateOptions,
  context: HandlerContext,
  finding: Promise<Authentication>,
): Promise<Call> {
  const { limitMs = defaultLimitMs } = options;
  try {
    const found = await untilLimit(finding, { limitMs, signal: context.signal });
    return judgeFound(about, options, context, found);
  } catch (error) {
    return undecided(about, options, context, error);
  }
}

function judgeFound(
  about: Known,
  { admission }: GateOptions,
  context: HandlerContext,
  found: Authentication,
): Call {
  const late = admission?.after(context, found);
  if ("refused" in found) return refused(about, found.refused, found.detail);
  return late === undefined ? decided(about, found) : limited(about, late, found.principal);
}

function undecided(
  about: Known,
  { onError }: GateOptions,
  context: GateContext,
  error: unknown,
): Call {
  if (isAborted(context)) return refused(about, whyAborted(context.signal));
  onError?.(error, about);
  return refused(about, "UNDECIDABLE", error instanceof TimeLimitError ? "time_limit" : "error");
}

const isAborted = (context: GateContext): boolean => context.isAborted ?? context.signal.aborted;

type Identified = Exclude<Authentication, { readonly refused: unknown }>;

function decided(about: Known, { principal, messageChecks = [] }: Identified): Call {
  const decision = decide(about.rule, Object.freeze(principal), about.procedure);
  return Object.freeze({ ...about, principal, decision, detail: "", messageChecks });
}

function refused(about: Known, reason: RefusalReason, detail = ""): Call {
  const decision = { allowed: false, reason } as const;
  return Object.freeze({ ...about, principal: undefined, decision, detail, messageChecks: [] });
}

/** A caller that is known is told so in the audit. */
function limited(about: Known, { retryAfterMs, detail }: TooMany, principal?: Principal): Call {
  const call = refused(about, "RATE_LIMITED", detail);
  return Object.freeze({ ...call, retryAfterMs, principal: Object.freeze(principal) });
}

/** Servers stop with `unavailable`, so that clients try elsewhere; all other reasons are the caller's. */
function whyAborted({ reason }: AbortSignal): RefusalReason {
  const stopping = reason instanceof ConnectError && reason.code === Code.Unavailable;
  return stopping ? "SHUTTING_DOWN" : "CALL_ENDED";
}

/** Values that serve two calls would show one caller to the handler of another. */
function shared({ onError }: GateOptions, call: Call): ConnectError {
  onError?.(new Error("two calls share their context values; make new ones for each"), call);
  return notDecided();
}

async function inTime(told: Promise<void>, options: GateOptions, call: Call): Promise<void> {
  const { limitMs = defaultLimitMs, onError } = options;
  try {
    await untilLimit(told, { limitMs });
  } catch (error) {
    onError?.(error, call);
  }
}
