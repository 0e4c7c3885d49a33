// `metal advise`: which role would have been enough for what identities called, as the server counted it.
import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  type AccessDecision,
  AccessService,
  AccessServiceListUsageRequestSchema,
  type AccessUsage,
} from "../../gen/metal/v1/access_pb.ts";
import type { Activity } from "../rbac/policy/activity.ts";
import { type Advice, adviseOn } from "../rbac/policy/advice.ts";
import type { Policy } from "../rbac/policy/policy.ts";
import { CommandError, UsageError } from "./errors.ts";
import { documentText } from "./document/format.ts";
import { allPages } from "./pages.ts";
import { type Role, roleWord } from "./rule.ts";
import { rulesOf } from "./rules.ts";
import type { Session } from "./session.ts";
import { answerShape } from "./shape.ts";
import { linesOf } from "./table.ts";
import { durationSeconds } from "./time.ts";

/** Which calls to look at, and whose. */
export interface AdviseOptions {
  /** As typed: "30d". */
  readonly since: string;
  /** Id or name; empty for everybody. */
  readonly user: string;
}

/** Prints the advice on everybody, or in detail on one identity. Throws UsageError, CommandError, CallError. */
export async function advise({ since, user }: AdviseOptions, session: Session): Promise<void> {
  const from = startOf(since, session.io.now());
  const usages = (await usagesSince(from, session)).filter((usage) => isMeant(usage, user));
  if (usages.length === 0) throw new CommandError(nothing(user, from));
  const advices = adviseOn(policyOf(await rulesOf(session)), usages.map(activityOf));
  const { format, headers } = session.style("table");
  const [only] = advices;
  const isOne = user !== "" && only !== undefined;
  const text = isOne ? details(only, from) : table(advices, headers);
  session.io.stdout(documentText(advices.map(plain), format) ?? text);
}

function startOf(since: string, now: Date): Date {
  const seconds = durationSeconds(since);
  if (seconds !== undefined && seconds > 0) return new Date(now.getTime() - seconds * 1000);
  throw new UsageError(`--since "${since}": must be a duration like 30d`);
}

const dayOf = (time: Date) => time.toISOString().slice(0, 10);

function nothing(user: string, from: Date): string {
  const what = user === "" ? "nobody called anything" : `"${user}" called nothing`;
  return `${what} since ${dayOf(from)}, as far as the server counted`;
}

async function usagesSince(from: Date, { api }: Session): Promise<AccessUsage[]> {
  const method = AccessService.method.listUsage;
  const since = timestampFromMs(from.getTime());
  const request = create(AccessServiceListUsageRequestSchema, { since });
  const { rows } = answerShape(method);
  if (rows === undefined) throw new CommandError("the answer of ListUsage holds no list");
  return (await allPages({ method, request, subject: "advise" }, rows, { api })) as AccessUsage[];
}

const isMeant = ({ principal, principalName }: AccessUsage, user: string) =>
  user === "" || principal === user || principalName === user;

function activityOf({ principal, procedure, role, component, count }: AccessUsage): Activity {
  return { principal, procedure, role, component, count: Number(count) };
}

/** The server's rules, as far as advice needs them. */
function policyOf(decisions: readonly AccessDecision[]): Policy {
  const rest = { kind: "unary", audit: "full", auditBecause: "", scope: "" } as const;
  const rules = decisions.flatMap(({ rule }) => (rule ? [rule] : []));
  return new Map(
    rules.map(({ procedure, minRole, read, reason, components, source }) => [
      procedure,
      { minRole, read, reason, components, source, ...rest },
    ]),
  );
}

function plain({ principal, held, enough, used, unused }: Advice) {
  return {
    principal,
    held: word(held),
    enough: word(enough),
    used: used.map(({ minRole, ...rest }) => ({ ...rest, minRole: word(minRole) })),
    unused: unused.map(({ procedure, minRole }) => ({ procedure, minRole: word(minRole) })),
  };
}

const word = (role: Role) => roleWord(role).toLowerCase();

function table(advices: readonly Advice[], headers: boolean): string {
  const titles = ["IDENTITY", "HOLDS", "ENOUGH", "CALLED", "NEVER CALLED", "NEEDED FOR"];
  const rows = advices.map(({ principal, held, enough, used, unused }) => [
    principal,
    roleWord(held),
    roleWord(enough),
    `${used.length}`,
    `${unused.length}`,
    used[0]?.procedure ?? "",
  ]);
  return linesOf(headers ? [titles, ...rows] : rows);
}

function details(advice: Advice, from: Date): string {
  const { principal, held, enough, used, unused } = advice;
  const [holds, needs] = [roleWord(held), roleWord(enough)];
  const verdict = held === enough ? "and needs it" : `and ${needs} would be enough`;
  const calls = used.map((one) => [one.procedure, roleWord(one.minRole), `${one.count}`]);
  const others = unused.map((one) => [one.procedure, roleWord(one.minRole)]);
  return [
    `${principal} holds ${holds} ${verdict}, by its calls since ${dayOf(from)}`,
    "",
    linesOf([["CALLED", "NEEDS", "TIMES"], ...calls]),
    linesOf([["NEVER CALLED", "NEEDS"], ...others]),
  ].join("\n");
}
