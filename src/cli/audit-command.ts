// The command `audit verify` beside the RPCs of the audit. It needs no server.
import { type Command, InvalidArgumentError } from "commander";
import type { Io } from "./io.ts";
import { sessionOf } from "./session.ts";

/** A seal that somebody noted, as "NUMBER:HASH". */
export interface NotedSeal {
  readonly number: number;
  readonly hash: string;
}

/** What is known from elsewhere. */
export interface VerifyOptions {
  readonly head?: readonly NotedSeal[];
  readonly after?: NotedSeal;
  readonly publicKey?: readonly string[];
}

/** Adds `audit verify`, if there is such a kind. */
export function addAuditCommands(program: Command, io: Io): void {
  const audit = program.commands.find((command) => command.name() === "audit");
  const command = audit
    ?.command("verify")
    .summary("proves copies of the audit; no server is asked")
    .description(
      "Proves from files of `audit export`, of the settings audit-file and audit-stdout, from backups and files of SQLite that no record " +
        "was altered, removed, inserted or put into another order. Asks no server. Exit status 1 if anything is wrong.",
    )
    .argument("<file...>", "JSON lines, - for stdin; a backup; metal.sqlite")
    .option(
      "--head <number:hash>",
      "a seal as somebody noted it: proves that it is still the same, and that the end is not missing",
      collectSeal,
    )
    .option("--after <number:hash>", "the seal before the first one, where that is not 1", seal)
    .option(
      "--public-key <file>",
      "PEM of a key that signs seals: proves that the chain was not made anew",
      collect,
    );
  command?.action(async (files: readonly string[]) => {
    const { verifyAudit } = await import("./audit-verify.ts");
    await verifyAudit(files, command.opts<VerifyOptions>(), sessionOf(command, io));
  });
}

const collect = (text: string, before: readonly string[] = []) => [...before, text];
const collectSeal = (text: string, before: readonly NotedSeal[] = []) => [...before, seal(text)];

function seal(text: string): NotedSeal {
  const [, number, hash] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text) ?? [];
  if (number !== undefined && hash !== undefined) return { number: Number(number), hash };
  throw new InvalidArgumentError(
    "It must be NUMBER:HASH, as `audit verify` and `audit head` tell.",
  );
}
