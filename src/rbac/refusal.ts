// What a refused caller is told: a code, a sentence, and the facts as google.rpc.ErrorInfo. Never who else could, and
// never anything about the credential that was expected.
import { Code, ConnectError } from "@connectrpc/connect";
import { codeToString } from "@connectrpc/connect/protocol-connect";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { ErrorInfoSchema, RetryInfoSchema } from "../../gen/google/rpc/error_details_pb.ts";
import type { Call } from "./call.ts";
import type { RefusalReason } from "./decide.ts";
import { roleName } from "./role.ts";

/** The domain of the error details. */
export const refusalDomain = "metal-connect";

interface Words {
  readonly code: Code;
  readonly sentence: (call: Call) => string;
}

const bare = (call: Call) => call.procedure.slice(1);
const needed = (call: Call) => (call.rule ? roleName(call.rule.minRole) : "none that exists");
const held = (call: Call) => (call.principal ? roleName(call.principal.role) : "none");

const words: Readonly<Record<RefusalReason, Words>> = {
  NO_RULE: { code: Code.PermissionDenied, sentence: (call) => `${bare(call)} has no rule` },
  NO_CREDENTIAL: {
    code: Code.Unauthenticated,
    sentence: (call) =>
      `${bare(call)} needs role ${needed(call)}, and no credentials were presented`,
  },
  BAD_CREDENTIAL: { code: Code.Unauthenticated, sentence: () => "invalid credentials" },
  ROLE_TOO_LOW: {
    code: Code.PermissionDenied,
    sentence: (call) => `${bare(call)} needs role ${needed(call)}, you have ${held(call)}`,
  },
  WRONG_COMPONENT: {
    code: Code.PermissionDenied,
    sentence: (call) =>
      `${bare(call)} is limited to identities of ${call.rule?.components.join(", ")}`,
  },
  NOT_GRANTED: {
    code: Code.PermissionDenied,
    sentence: (call) => `the identity is limited to some RPCs, and ${bare(call)} is none of them`,
  },
  WRONG_MACHINE: {
    code: Code.PermissionDenied,
    sentence: () => "the identity speaks for another machine, and only for that",
  },
  CREDENTIAL_ENDED: { code: Code.Unauthenticated, sentence: () => "the credential has ended" },
  RATE_LIMITED: {
    code: Code.ResourceExhausted,
    sentence: (call) => `too many calls, try again in ${secondsOf(call.retryAfterMs ?? 0)} s`,
  },
  SHUTTING_DOWN: { code: Code.Unavailable, sentence: () => "the server is shutting down" },
  CALL_ENDED: { code: Code.Unavailable, sentence: () => "the call ended before it was decided" },
  UNDECIDABLE: {
    code: Code.Unavailable,
    sentence: () => "credentials cannot be checked at the moment",
  },
};

/** Every reason there is for a refusal. */
export const refusalReasons = Object.keys(words) as readonly RefusalReason[];

const spelled = Object.fromEntries(
  refusalReasons.map((reason) => [reason, codeToString(words[reason].code)]),
) as Readonly<Record<RefusalReason, string>>;

/** The code a refusal is answered with, as Connect spells it: "permission_denied". */
export function refusalWord(reason: RefusalReason): string {
  return spelled[reason];
}

/** The sentence a refusal of `call` is answered with. */
export function refusalText(call: Call, reason: RefusalReason): string {
  return words[reason].sentence(call);
}

/** The error that refuses `call`. It has no stack. */
export function refusal(call: Call, reason: RefusalReason): ConnectError {
  const { code, sentence } = words[reason];
  const metadata = { ...ruleFacts(call), ...callerFacts(call, reason), trace_id: call.traceId };
  const info = { desc: ErrorInfoSchema, value: { reason, domain: refusalDomain, metadata } };
  const retry = retryFacts(call);
  return withoutStack(
    () => new ConnectError(sentence(call), code, retry.headers, [info, ...retry.details]),
  );
}

/** A refusal is no fault that somebody looks for, and to note where it was made takes longer than to decide. */
function withoutStack<E extends Error>(make: () => E): E {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return make();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** The error of a call that no gate allowed. Says nothing more: something is wired wrongly. */
export function notDecided(): ConnectError {
  return new ConnectError("authorization did not run", Code.Internal);
}

const secondsOf = (ms: number) => Math.ceil(ms / 1000);

/** When to come again, for clients that read details, for those that know HTTP (RFC 9110, section 10.2.3) and for gRPC's. */
function retryFacts({ retryAfterMs }: Call) {
  if (retryAfterMs === undefined) return { headers: undefined, details: [] };
  const ms = Math.ceil(retryAfterMs);
  const detail = { desc: RetryInfoSchema, value: { retryDelay: durationFromMs(ms) } };
  const headers = { "retry-after": `${secondsOf(ms)}`, "grpc-retry-pushback-ms": `${ms}` };
  return { headers, details: [detail] };
}

function ruleFacts({ procedure, rule }: Call): Record<string, string> {
  const bareProcedure = procedure.slice(1);
  if (rule === undefined) return { procedure: bareProcedure };
  return { procedure: bareProcedure, required_role: roleName(rule.minRole), rule: rule.source };
}

/** Nobody learns from a bad credential whose it would have been, and a stranger not what identities are marked as. */
function callerFacts({ rule, principal }: Call, reason: RefusalReason): Record<string, string> {
  if (principal === undefined || reason === "BAD_CREDENTIAL") return {};
  return {
    principal: principal.id,
    held_role: roleName(principal.role),
    credential: principal.credential.label,
    ...(rule && rule.components.length > 0 && { components: rule.components.join(",") }),
  };
}
