// What is said of a failed call: four lines for a refusal, one sentence for everything else, the reasons of a bad
// request below it.
import { isNativeError } from "node:util/types";
import type { DescMessage } from "@bufbuild/protobuf";
import { ViolationsSchema } from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";
import { Code } from "@connectrpc/connect";
import { ErrorInfoSchema } from "../../gen/google/rpc/error_details_pb.ts";
import type { CallError } from "./api.ts";
import { kebab, procedureOf } from "./naming.ts";
import { neededRole, roleWord } from "./rule.ts";

type Facts = Readonly<Record<string, string>>;

/** True if the server knew what was wanted and said no because of who asked. */
export function isRefusal({ error }: CallError): boolean {
  return error.code === Code.Unauthenticated || error.code === Code.PermissionDenied;
}

/** True if nobody answered at the URL: the cause is an error of this machine's network, not of the server. */
export function isUnreachable({ error }: CallError): boolean {
  return systemCode(error.cause) !== undefined;
}

/** What to tell of a failed call, line by line. A refusal has exactly four. */
export function failureLines(failure: CallError): string[] {
  if (isRefusal(failure)) return refusalLines(failure);
  if (isUnreachable(failure)) return unreachableLines(failure);
  const { call, error } = failure;
  const sentence = `${call.subject}: ${error.rawMessage} (${kebab(Code[error.code] ?? "").replaceAll("-", "_")})`;
  const violations = violationLines(failure);
  if (violations.length === 0) return [sentence];
  return [`${call.subject}: the server does not accept it (invalid_argument)`, ...violations];
}

function refusalLines(failure: CallError): string[] {
  const { call, error } = failure;
  const [info] = error.findDetails(ErrorInfoSchema);
  const facts = info?.metadata ?? {};
  const procedure = facts["procedure"] ?? procedureOf(call.method);
  return [
    `refused: ${procedure} ${demand(failure, info?.reason ?? "", facts)}`,
    `caller: ${caller(failure, facts)}`,
    `rule: ${facts["rule"] ?? `proto/${call.method.parent.file.name}.proto, above ${call.method.name}`}`,
    `trace id: ${facts["trace_id"] ?? error.metadata.get("trace-id") ?? "not given"}`,
  ];
}

function demand({ call, error }: CallError, reason: string, facts: Facts): string {
  const role = facts["required_role"] ?? roleWord(neededRole(call.method));
  const components = facts["components"];
  const only = components === undefined ? "" : ` and is only for ${components}`;
  const because = becauses[reason] ?? error.rawMessage;
  return `needs role ${role}${only}; ${because}`;
}

const becauses: Readonly<Record<string, string>> = {
  NO_CREDENTIAL: "no credential was sent",
  BAD_CREDENTIAL: "the credential was not accepted",
  CREDENTIAL_ENDED: "the credential has ended",
  ROLE_TOO_LOW: "the caller's role is too low",
  WRONG_COMPONENT: "the caller is not that component",
  NOT_GRANTED: "the caller is limited to other RPCs",
  WRONG_MACHINE: "the caller speaks for another machine",
  NO_RULE: "nobody may call it, because it has no rule",
};

function caller({ credentialFrom }: CallError, facts: Facts): string {
  const { principal, held_role: role, credential } = facts;
  const from = credentialFrom === undefined ? "nothing was sent" : `sent: ${credentialFrom}`;
  if (principal === undefined) return `not identified (${from})`;
  const how = credential === undefined ? "" : `, identified by ${credential}`;
  return `${principal} with role ${role ?? "unknown"}${how} (${from})`;
}

function unreachableLines({ error, apiUrl, apiUrlFrom }: CallError): string[] {
  const reason = systemReasons[systemCode(error.cause) ?? ""] ?? error.rawMessage;
  return [
    `cannot reach ${apiUrl} (${apiUrlFrom}): ${reason}`,
    "start a server with `npm start`, or name another one with --api-url, METAL_API_URL or `metal context add`",
  ];
}

const systemReasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there",
  ENOTFOUND: "no such host",
  EAI_AGAIN: "the name cannot be resolved",
  ETIMEDOUT: "no answer in time",
  ECONNRESET: "the connection was cut",
};

function systemCode(cause: unknown): string | undefined {
  if (!isNativeError(cause)) return undefined;
  return "code" in cause && typeof cause.code === "string" ? cause.code : systemCode(cause.cause);
}

interface PathElement {
  readonly fieldName: string;
  readonly subscript: { readonly case?: string | undefined; readonly value?: unknown };
}

function violationLines({ call, error }: CallError): string[] {
  const violations = error.findDetails(ViolationsSchema).flatMap((detail) => detail.violations);
  return violations.map(({ field, message }) => {
    const path = shownPath(call.method.input, field?.elements ?? []);
    return path === "" ? `  ${message}` : `  ${path}: ${message}`;
  });
}

/** The path with the names that files have: "partition.bootconfig.kernelurl", "size.constraints[0].min". */
function shownPath(desc: DescMessage | undefined, elements: readonly PathElement[]): string {
  const [first, ...rest] = elements;
  if (!first) return "";
  const field = desc?.fields.find(({ name }) => name === first.fieldName);
  const tail = shownPath(field?.message, rest);
  const own = `${field?.jsonName ?? first.fieldName}${subscriptText(first)}`;
  return tail === "" ? own : `${own}.${tail}`;
}

function subscriptText({ subscript: { case: by, value } }: PathElement): string {
  if (by === undefined) return "";
  return typeof value === "string" ? `[${JSON.stringify(value)}]` : `[${String(value)}]`;
}
