// The command `selfcheck`: what an operator wants to see with their own eyes.
import type { Command } from "commander";
import type { Io } from "./io.ts";
import { sessionOf } from "./session.ts";

/** Adds `selfcheck authz`. */
export function addSelfcheck(program: Command, io: Io): void {
  const parent = program
    .command("selfcheck")
    .summary("authz")
    .description("Checks that a running server does what it says.");
  const command = parent
    .command("authz")
    .summary("calls every RPC as every kind of caller")
    .description(
      "Calls every RPC as every kind of caller over every protocol, and lets no handler run. Makes identities for it, which " +
        "needs role Admin, and revokes them. Exit status 1 if a call ends otherwise than the rules say.",
    )
    .option("--report <folder>", "write authz.json and authz.md there");
  command.action(async ({ report }: { report?: string }) => {
    const module = await import("./selfcheck.ts");
    await module.selfcheckAuthz(report, sessionOf(command, io));
  });
}
