// Every check of a rule, by name. A check gets what is stated about one rpc and answers what is wrong and what to
// do about it, or nothing.
import { MethodOptions_IdempotencyLevel } from "@bufbuild/protobuf/wkt";
import { optionsPath } from "./option.ts";
import { exactly } from "./place.ts";
import type { Problem } from "./problem.ts";
import { notAString } from "./request-field.ts";
import type { Entry, Statement } from "./statement.ts";
import { atLeast, auditLevel, auditWords, defaultAudit, recordsLess, roleWords } from "./word.ts";

type Check<Subject> = (subject: Subject) => string | undefined;

const { NO_SIDE_EFFECTS } = MethodOptions_IdempotencyLevel;
const streamedRequests: readonly string[] = ["client_streaming", "bidi_streaming"];

const isOpen = ({ role = "" }: Statement) => atLeast(role, "ROLE_PUBLIC") && !hasRole(role);
const hasRole = (role: string) => atLeast(role, "ROLE_VIEWER");
const takesStream = ({ method }: Statement) => streamedRequests.includes(method.methodKind);
const auditOf = ({ auditLevel: word, read }: Statement) => auditLevel(word, read);
const recordsLessThanDefault = (statement: Statement) =>
  recordsLess(auditOf(statement), defaultAudit(statement.read));

/** Checks of the rule of an rpc. */
export const ruleChecks = {
  "no rule": ({ role, canState }) => {
    if (role !== undefined) return undefined;
    return canState
      ? "has no role; add option (metal.rbac.v1.min_role), the least a caller must be"
      : `has no rule; name it in a foreign_rule of a proto of yours, or import "${optionsPath}" here and add option (metal.rbac.v1.min_role)`;
  },

  "unspecified role": ({ role }) =>
    role === "ROLE_UNSPECIFIED"
      ? "ROLE_UNSPECIFIED is no role; state the least a caller must be, ROLE_PUBLIC if that is nobody in particular"
      : undefined,

  "unknown role": ({ role }) =>
    role === undefined || role === "ROLE_UNSPECIFIED" || roleWords.includes(role)
      ? undefined
      : `this generator does not know the role "${role}"; use one of ${roleWords.join(", ")} or a newer generator`,

  "unknown audit level": ({ auditLevel: word }) =>
    word === undefined || auditWords.includes(word)
      ? undefined
      : `this generator does not know the audit level "${word}"; use one of ${auditWords.slice(1).join(", ")} or a newer generator`,

  "silent audit": (statement) =>
    recordsLessThanDefault(statement) && statement.because.trim() === ""
      ? `records "${auditOf(statement)}" where the default is "${defaultAudit(statement.read)}"; say why in audit.because, or remove audit.level`
      : undefined,

  "idle because": (statement) =>
    statement.because !== "" && !recordsLessThanDefault(statement)
      ? `audit.because explains an omission, but nothing less than the default "${defaultAudit(statement.read)}" is recorded; remove it`
      : undefined,

  // A browser sends a GET without asking, together with cookies and client certificates.
  "powerful get": ({ method, role = "", foreign }) =>
    !foreign &&
    method.methodKind === "unary" &&
    method.idempotency === NO_SIDE_EFFECTS &&
    atLeast(role, "ROLE_EDITOR")
      ? `needs ${role}, yet NO_SIDE_EFFECTS lets it be called by GET, from any web page; remove idempotency_level, or state ROLE_VIEWER`
      : undefined,

  "open write": (statement) =>
    isOpen(statement) && !statement.read
      ? `${statement.role} on an rpc with side effects; state ROLE_VIEWER or above, or ${readHint(statement)} if it has none`
      : undefined,

  "open stream": (statement) =>
    statement.role === "ROLE_PUBLIC" && takesStream(statement)
      ? `ROLE_PUBLIC lets anybody send a stream without end; state ROLE_AUTHENTICATED or above`
      : undefined,

  "reason without a field": ({ reason, method }) => {
    const obstacle = reason ? notAString(method.input, "reason") : undefined;
    return obstacle && `asks for a reason, but ${obstacle}; add string reason to the request`;
  },

  "reason in a stream": (statement) =>
    statement.reason && takesStream(statement)
      ? "asks for a reason, but its requests are a stream; a reason belongs to a single request, so remove the option or make the request one message"
      : undefined,

  "empty component": ({ components }) =>
    components.some((name) => name.trim() === "")
      ? "names an empty component; remove it"
      : undefined,

  "repeated component": ({ components }) => {
    const twice = components.find((name, index) => components.indexOf(name) !== index);
    return twice === undefined ? undefined : `names component "${twice}" twice; remove one`;
  },

  "open to a component": (statement) =>
    isOpen(statement) && statement.components.length > 0
      ? `${statement.role} cannot be limited to components; state ROLE_VIEWER or above, or remove components`
      : undefined,

  "scope without a field": ({ scope, method }) => {
    const obstacle = scope === "" ? undefined : notAString(method.input, scope);
    return obstacle && `scope "${scope}" leads nowhere, ${obstacle}; name a string field of it`;
  },
} as const satisfies Record<string, Check<Statement>>;

/** Checks of a foreign_rule as such; what it states is checked like any rule. */
export const foreignChecks = {
  "foreign rule for nothing": ({ method }) =>
    method === undefined
      ? 'no such rpc in this run; write procedure as "package.Service/Method" of a proto that is there'
      : undefined,

  "second foreign rule": ({ earlier }) =>
    earlier && `has a foreign_rule at ${exactly(earlier)} already; remove one`,

  "foreign rule for our own": ({ canState }) =>
    canState
      ? "states its rule in its own proto; write the options there and remove this foreign_rule"
      : undefined,
} as const satisfies Record<string, Check<Entry>>;

function readHint({ foreign }: Statement): string {
  return foreign ? "read: true" : "idempotency_level = NO_SIDE_EFFECTS";
}

/** What is wrong with the rule of one rpc; empty if nothing is. */
export function checkRule(statement: Statement): readonly Problem[] {
  return findings(Object.values<Check<Statement>>(ruleChecks), statement);
}

/** What is wrong with a foreign_rule as such; empty if nothing is. */
export function checkForeign(entry: Entry): readonly Problem[] {
  return findings(Object.values<Check<Entry>>(foreignChecks), entry);
}

function findings<Subject extends Statement | Entry>(
  checks: readonly Check<Subject>[],
  subject: Subject,
): readonly Problem[] {
  const { place, rpc } = subject;
  return checks
    .map((check) => check(subject))
    .filter((text) => text !== undefined)
    .map((text) => ({ place, rpc, text }));
}
