// Commands for whoever changes rules: what a change gives to whom, and rules that make no sense. They need no server.
import type { Command } from "commander";
import type { Io } from "./io.ts";
import { sessionOf } from "./session.ts";

const acknowledged = "policy/acknowledged.yaml";
const inputHelp = "a rules.json, a buf image, or a git revision";

/** Adds `policy diff` and `policy lint`. */
export function addPolicyCommands(program: Command, io: Io): void {
  const policy = program
    .command("policy")
    .summary("compares and checks the rules in protos")
    .description("Compares and checks rules, without a server.");
  addDiff(policy, io);
  addLint(policy, io);
}

interface DiffOptions {
  readonly acknowledged: string;
  readonly audit?: string;
}

function addDiff(policy: Command, io: Io): void {
  const command = policy
    .command("diff")
    .summary("says what changed between two sets of rules")
    .description(
      "Says which rules were widened, narrowed, added and removed. Exit status 1 if one was widened and nobody " +
        "acknowledged it.",
    )
    .argument("<old>", inputHelp)
    .argument("[new]", `the same; gen/rbac/rules.json if left out`)
    .option("--acknowledged <file>", "YAML with the changes that somebody accepted", acknowledged)
    .option("--audit <file>", "JSON of `audit list` or `access list-usage`: name who is affected");
  command.action(async (before: string, after: string | undefined, options: DiffOptions) => {
    const module = await import("./policy-diff.ts");
    await module.policyDiff({ before, after, ...options }, sessionOf(command, io));
  });
}

function addLint(policy: Command, io: Io): void {
  const command = policy
    .command("lint")
    .summary("finds rules that make no sense")
    .description(
      "Finds rules that make no sense: changes that readers may make, open streams, secrets that are too easily " +
        "revealed. Exit status 1 if there are any that no exception names. Of secrets only an image tells.",
    )
    .argument("[policy]", `${inputHelp}; gen/rbac/rules.json if left out`)
    .option("--acknowledged <file>", "YAML with the exceptions", acknowledged);
  command.action(async (input: string | undefined, options: DiffOptions) => {
    const module = await import("./policy-lint.ts");
    await module.policyLint({ input, ...options }, sessionOf(command, io));
  });
}
