// `metal policy diff`: what changed between two sets of rules, who accepted it, and whom it concerns.
import { resolve } from "node:path";
import { type AcceptedChange, acceptanceOf } from "../rbac/policy/acknowledgement.ts";
import { parseActivities } from "../rbac/policy/activity.ts";
import { type Change, type ChangeKind, changesBetween } from "../rbac/policy/change.ts";
import { type Impact, impactOf } from "../rbac/policy/impact.ts";
import type { Policy } from "../rbac/policy/policy.ts";
import { exitCode, SilentExit } from "./errors.ts";
import type { Plain } from "./document/encode.ts";
import { documentText } from "./document/format.ts";
import { readAccepted, readPolicy, readText, rulesPath, told } from "./policy-input.ts";
import { type Role, roleWord } from "./rule.ts";
import type { Session } from "./session.ts";
import { linesOf } from "./table.ts";

/** What to compare. */
export interface DiffRequest {
  readonly before: string;
  readonly after: string | undefined;
  /** File of what was accepted. */
  readonly acknowledged: string;
  /** File with an export of the audit or of usage. */
  readonly audit?: string;
}

interface Judged {
  readonly change: Change;
  readonly acceptance: AcceptedChange | undefined;
}

/** Prints the changes. Ends with status 1 if something was widened that nobody accepted. Throws UsageError, CommandError. */
export async function policyDiff(request: DiffRequest, { io, style }: Session): Promise<void> {
  const before = await readPolicy(request.before, io);
  const after = await readPolicy(request.after ?? rulesPath, io);
  const accepted = await readAccepted(request.acknowledged, { io, isOptional: true });
  const judged = changesBetween(before, after).map((change) => ({
    change,
    acceptance: acceptanceOf(accepted, change),
  }));
  const impact = await impactIn(request.audit, [before, after], io.cwd);
  const { format } = style("table");
  io.stdout(documentText(plain(judged, impact), format) ?? report(judged, impact));
  if (judged.some(isOpen)) throw new SilentExit(exitCode.failed);
}

const isOpen = ({ change, acceptance }: Judged) =>
  change.kind === "widened" && acceptance === undefined;

async function impactIn(
  audit: string | undefined,
  [before, after]: readonly [Policy, Policy],
  cwd: string,
): Promise<Impact | undefined> {
  if (audit === undefined) return undefined;
  const text = await readText(resolve(cwd, audit), audit);
  return impactOf(
    before,
    after,
    told(() => parseActivities(text, audit), audit),
  );
}

function plain(judged: readonly Judged[], impact: Impact | undefined): Plain {
  const changes = judged.map(({ change, acceptance }) => {
    const { by, reason } = acceptance ?? {};
    return { ...change, ...(by && reason && { acknowledged: { by, reason } }) };
  });
  if (impact === undefined) return { changes };
  const losses = impact.losses.map((loss) => ({ ...loss, role: word(loss.role) }));
  const reliefs = impact.reliefs.map(({ principal, held, needed, enough }) => ({
    principal,
    held: word(held),
    needed: word(needed),
    enough: word(enough),
  }));
  return { changes, losses, reliefs };
}

const word = (role: Role) => roleWord(role).toLowerCase();

function report(judged: readonly Judged[], impact: Impact | undefined): string {
  const rows = judged.map(({ change, acceptance }) => [
    change.kind,
    change.procedure,
    `${change.fact}: ${change.before} -> ${change.after}`,
    acceptance ? `acknowledged by ${acceptance.by}: ${acceptance.reason}` : "",
  ]);
  return `${linesOf(rows)}${summary(judged)}\n${impact ? impactText(impact) : ""}`;
}

const kinds: readonly ChangeKind[] = ["widened", "narrowed", "added", "removed"];

function summary(judged: readonly Judged[]): string {
  const counts = kinds.map(
    (kind) => `${judged.filter(({ change }) => change.kind === kind).length} ${kind}`,
  );
  const open = judged.filter(isOpen).length;
  return `${counts.join(", ")}${open === 0 ? "" : `; nobody acknowledged ${open}`}`;
}

function impactText({ losses, reliefs }: Impact): string {
  const lost = losses.map(({ principal, procedure, role, count }) => [
    "loses",
    principal,
    `${procedure}, called ${count === 1 ? "once" : `${count} times`} as ${roleWord(role)}`,
  ]);
  const relieved = reliefs.map(({ principal, held, needed, enough }) => [
    "needs less",
    principal,
    `holds ${roleWord(held)}, needed ${roleWord(needed)}, now ${roleWord(enough)} is enough`,
  ]);
  if (lost.length + relieved.length === 0) return "nobody in the export is affected\n";
  return linesOf([...lost, ...relieved]);
}
