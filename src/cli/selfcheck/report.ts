// What a check found, for programs and for people.
import { roleWord } from "../rule.ts";
import { expectedOutcome, type Kind, letIn } from "./kind.ts";
import type { Way } from "./probe.ts";
import type { CheckedRpc } from "./rpc.ts";

/** One call. */
export interface Finding {
  readonly rpc: CheckedRpc;
  readonly kind: Kind;
  readonly way: Way;
  readonly outcome: string;
}

/** What stands around the findings. */
export interface About {
  readonly server: string;
  readonly time: Date;
  readonly version: string;
  readonly untested: readonly { readonly kind: string; readonly because: string }[];
}

const notServed = "not served";

/** True if a call ended as the rules say. Too many bad credentials are refused without being looked at. */
export function isAsExpected({ rpc, kind, outcome }: Finding): boolean {
  const expected = expectedOutcome(rpc, kind);
  return outcome === expected || (expected === "BAD_CREDENTIAL" && outcome === "RATE_LIMITED");
}

/** The findings in three heaps. What the server does not serve is decided by nobody. */
export function sorted(findings: readonly Finding[]) {
  const { unserved = [], asExpected = [], unexpected = [] } = Object.groupBy(findings, heapOf);
  return { unserved, asExpected, unexpected };
}

function heapOf(finding: Finding): "unserved" | "asExpected" | "unexpected" {
  if (finding.outcome === notServed) return "unserved";
  return isAsExpected(finding) ? "asExpected" : "unexpected";
}

const shownFinding = ({ rpc, kind, way, outcome }: Finding) => ({
  procedure: rpc.procedure,
  kind: kind.name,
  way,
  expected: expectedOutcome(rpc, kind),
  outcome,
});

/** The whole report as data. */
export function reportData(findings: readonly Finding[], about: About) {
  const { unserved, asExpected, unexpected } = sorted(findings);
  return {
    server: about.server,
    time: about.time.toISOString(),
    version: about.version,
    calls: findings.length,
    asExpected: asExpected.length,
    notServed: [...new Set(unserved.map(({ rpc }) => rpc.procedure))],
    unexpected: unexpected.map(shownFinding),
    untested: about.untested,
    kinds: kindsIn(findings).map(({ name, identity }) => ({
      name,
      ...(identity && { ...identity, role: roleWord(identity.role) }),
    })),
    findings: findings.map(shownFinding),
  };
}

const kindsIn = (findings: readonly Finding[]) => [
  ...new Map(findings.map(({ kind }) => [kind.name, kind])).values(),
];

/** The report in one sentence. */
export function summary(findings: readonly Finding[]): string {
  const { unserved, asExpected, unexpected } = sorted(findings);
  const rpcs = new Set(findings.map(({ rpc }) => rpc.procedure)).size;
  const missing = new Set(unserved.map(({ rpc }) => rpc.procedure)).size;
  const wrong = unexpected.length === 0 ? "none otherwise" : `${unexpected.length} OTHERWISE`;
  return (
    `${findings.length} calls of ${rpcs} RPCs as ${kindsIn(findings).length} kinds of callers: ` +
    `${asExpected.length} ended as the rules say, ${wrong}; ${missing} RPCs are not served`
  );
}

/** The report as a page. */
export function reportPage(findings: readonly Finding[], about: About): string {
  const kinds = kindsIn(findings);
  const rpcs = Map.groupBy(findings, ({ rpc }) => rpc);
  const { unexpected } = sorted(findings);
  return [
    "# Who is let in",
    "",
    `Written by \`metal selfcheck authz\` for ${about.server}, version ${about.version}, at ${about.time.toISOString()}.`,
    "Every RPC was called as every kind of caller over Connect (also by GET where it has no side effects), gRPC and gRPC-Web.",
    "No handler ran: each call ended where its handler would have begun.",
    "",
    `${summary(findings)}.`,
    "",
    ...unexpected.map((finding) => `- ${unexpectedLine(finding)}`),
    ...about.untested.map(({ kind, because }) => `- Not tested: ${kind}, because ${because}`),
    ...(unexpected.length + about.untested.length > 0 ? [""] : []),
    tableRow(["RPC", "Needs", ...kinds.map(({ name }) => name)]),
    tableRow(["---", "---", ...kinds.map(() => "---")]),
    ...[...rpcs].map(([rpc, found]) => rpcRow(rpc, found, kinds)),
    "",
  ].join("\n");
}

/** One call that ended otherwise, in words. */
export function unexpectedLine({ rpc, kind, way, outcome }: Finding): string {
  return `${rpc.procedure} as ${kind.name} over ${way}: ${outcome} instead of ${expectedOutcome(rpc, kind)}`;
}

const tableRow = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;

function rpcRow(rpc: CheckedRpc, found: readonly Finding[], kinds: readonly Kind[]): string {
  const only = rpc.rule.components.join(", ");
  const needs = `${roleWord(rpc.rule.minRole)}${only === "" ? "" : ` (${only})`}`;
  const cells = kinds.map((kind) => cell(found.filter((one) => one.kind === kind)));
  return tableRow([rpc.procedure, needs, ...cells]);
}

function cell(found: readonly Finding[]): string {
  if (found.some((one) => heapOf(one) === "unexpected")) return "**WRONG**";
  const [first] = found;
  if (first?.outcome === notServed) return notServed;
  return first?.outcome === letIn ? "yes" : "no";
}
