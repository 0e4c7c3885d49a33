// `metal policy lint`: rules that are possible and make no sense.
import type { Exception } from "../rbac/policy/acknowledgement.ts";
import { type Finding, lint } from "../rbac/policy/lint.ts";
import type { Policy } from "../rbac/policy/policy.ts";
import { exitCode, SilentExit } from "./errors.ts";
import { documentText } from "./document/format.ts";
import { readAccepted, readPolicy, rulesPath } from "./policy-input.ts";
import type { Session } from "./session.ts";

/** What to check. */
export interface LintRequest {
  readonly input: string | undefined;
  /** File of what was accepted. */
  readonly acknowledged: string;
}

/** Prints what the checks find. Ends with status 1 if no exception names it. Throws UsageError, CommandError. */
export async function policyLint(request: LintRequest, { io, style }: Session): Promise<void> {
  const policy = await readPolicy(request.input ?? rulesPath, io);
  const { exceptions } = await readAccepted(request.acknowledged, { io, isOptional: true });
  const findings = lint(policy);
  const open = findings.filter((finding) => !exceptions.some((one) => isOf(one, finding)));
  const idle = exceptions.filter((one) => !findings.some((finding) => isOf(one, finding)));
  for (const { check, procedure } of idle)
    io.stderr(`note: the exception "${check}" for ${procedure} is not needed\n`);
  const document = open.map((finding) => ({ ...finding }));
  io.stdout(documentText(document, style("table").format) ?? report(open, findings, policy));
  if (open.length > 0) throw new SilentExit(exitCode.failed);
}

const isOf = ({ check, procedure }: Exception, finding: Finding) =>
  check === finding.check && procedure === finding.procedure;

function report(open: readonly Finding[], all: readonly Finding[], policy: Policy): string {
  const lines = open.map(
    ({ source, procedure, check, text }) => `${source}: ${procedure} ${text} (${check})`,
  );
  const rules = [...policy.values()];
  const secrets = rules.some((rule) => rule.secrets !== undefined) ? "" : "; secrets not looked at";
  const excepted = all.length - open.length;
  lines.push(`${policy.size} rules, ${open.length} odd, ${excepted} excepted${secrets}`);
  return lines.map((line) => `${line}\n`).join("");
}
