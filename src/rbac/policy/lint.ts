// Rules that are possible and make no sense. What a generator run refuses is not looked for again.
import { Role, roleName } from "../role.ts";
import { type Policy, type PolicyRule, reveals } from "./policy.ts";

/** One rule that makes no sense, in the eyes of one check. */
export interface Finding {
  /** The name of the check. */
  readonly check: string;
  /** "package.Service/Method". */
  readonly procedure: string;
  readonly text: string;
  /** Where the rule is written, if the policy says. */
  readonly source: string;
}

/** One RPC, and all there are. */
interface Subject {
  readonly service: string;
  readonly method: string;
  readonly rule: PolicyRule;
  readonly policy: Policy;
}

type Check = (subject: Subject) => string | undefined;

const isWrite = ({ read }: PolicyRule) => !read;
const isForAll = ({ components }: PolicyRule) => components.length === 0;

/** The checks by name; each answers what is wrong, or nothing. */
export const lintChecks = {
  "write for readers": ({ rule }) =>
    isWrite(rule) && isForAll(rule) && rule.minRole < Role.EDITOR
      ? `changes something, and needs ${roleName(rule.minRole)} only, a role that reads`
      : undefined,

  "open stream": ({ rule }) =>
    rule.kind !== "unary" && rule.minRole === Role.PUBLIC
      ? "is a stream that anybody may hold open without a credential"
      : undefined,

  "cheap secret": ({ rule }) =>
    rule.secrets?.length && reveals(rule) && isForAll(rule) && rule.minRole < Role.EDITOR
      ? `reveals ${rule.secrets.join(", ")} to ${roleName(rule.minRole)}, a role that reads`
      : undefined,

  "secret below its reveal role": (subject) => {
    const { rule, service, method } = subject;
    const dearer = dearerReveal(subject);
    if (dearer === undefined) return undefined;
    return `reveals ${rule.secrets?.join(", ")} to ${roleName(rule.minRole)}, where ${dearer} of ${service} reveals the same to others than ${method} does`;
  },

  "secret without a reason": ({ rule }) => {
    const own = rule.secrets?.filter((path) => !path.includes(".")) ?? [];
    return own.length > 0 && !reveals(rule)
      ? `answers with ${own.join(", ")}, but neither demands a reason nor is limited to components`
      : undefined;
  },

  "lost reason": ({ rule }) =>
    rule.reason && rule.audit === "refusals"
      ? "demands a reason that no record keeps; its audit holds refusals only"
      : undefined,

  "unrecorded power": ({ rule }) =>
    isWrite(rule) && rule.minRole === Role.ADMIN && rule.audit === "refusals"
      ? "needs Admin for a change that leaves no record"
      : undefined,

  "component with Admin": ({ rule }) =>
    rule.minRole === Role.ADMIN && !isForAll(rule)
      ? `makes ${rule.components.join(", ")} hold Admin`
      : undefined,

  "write in disguise": ({ rule, method }) =>
    rule.read && writingVerb.test(method)
      ? "says that it has no side effects, and is named like something that has"
      : undefined,

  "cheaper end": ({ rule, policy, service, method }) => {
    const { verb = "", noun = "" } = /^(?<verb>Delete|Free)(?<noun>.*)$/.exec(method)?.groups ?? {};
    const begin = { Delete: "Create", Free: "Allocate" }[verb];
    const first = begin && policy.get(`${service}/${begin}${noun}`);
    return first && rule.minRole < first.minRole
      ? `ends with ${roleName(rule.minRole)} what only ${roleName(first.minRole)} may begin`
      : undefined;
  },

  "uneven reading": ({ rule, policy, service, method }) => {
    const noun = /^List(?<noun>.*?)s?$/.exec(method)?.groups?.["noun"];
    const single = noun === undefined ? undefined : policy.get(`${service}/Get${noun}`);
    return single && single.minRole !== rule.minRole
      ? `lists for ${roleName(rule.minRole)} what Get${noun} shows to ${roleName(single.minRole)}`
      : undefined;
  },
} as const satisfies Record<string, Check>;

const writingVerb =
  /^(Create|Update|Delete|Set|Add|Remove|Allocate|Free|Register|Report|Send|Reset|Upload|Migrate|Revoke|Rotate)/;

/** Another RPC of the service that reveals the same fields and needs a higher role. */
function dearerReveal({ rule, policy, service, method }: Subject): string | undefined {
  if (!rule.secrets?.length || !reveals(rule) || !isForAll(rule)) return undefined;
  const names = rule.secrets.map(lastName);
  const [found] =
    [...policy].find(
      ([procedure, other]) =>
        procedure.startsWith(`${service}/`) &&
        procedure !== `${service}/${method}` &&
        reveals(other) &&
        other.minRole > rule.minRole &&
        other.secrets?.some((path) => names.includes(lastName(path))),
    ) ?? [];
  return found?.split("/")[1];
}

const lastName = (path: string) => path.split(".").at(-1) ?? path;

/** Everything that the checks find, ordered by RPC. */
export function lint(policy: Policy): Finding[] {
  return [...policy].flatMap(([procedure, rule]) => {
    const [service = "", method = ""] = procedure.split("/");
    const subject = { service, method, rule, policy };
    return Object.entries<Check>(lintChecks).flatMap(([check, find]) => {
      const text = find(subject);
      return text === undefined ? [] : [{ check, procedure, text, source: rule.source }];
    });
  });
}
