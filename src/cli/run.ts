// Runs one command line and turns whatever happens into messages and an exit status.
import { CommanderError } from "commander";
import { CallError } from "./api.ts";
import { CommandError, exitCode, messageOf, SilentExit, UsageError } from "./errors.ts";
import type { Io } from "./io.ts";
import { printable } from "./printable.ts";
import { createProgram } from "./program.ts";

/** Runs `argv` (without program names) and returns the exit status: see `exitCode`. Never throws. */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  try {
    const words = argv[0] === "--version" ? ["version", "--client"] : [...argv];
    await createProgram(io).parseAsync(words, { from: "user" });
    return exitCode.done;
  } catch (error) {
    return await report(error, io);
  }
}

async function report(error: unknown, io: Io): Promise<number> {
  if (error instanceof SilentExit) return error.code;
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.done : exitCode.usage;
  if (error instanceof UsageError) return complain(error.message.split("\n"), exitCode.usage, io);
  if (error instanceof CommandError)
    return complain(error.message.split("\n"), exitCode.failed, io);
  if (error instanceof CallError) return await reportCall(error, io);
  return complain([`unexpected: ${messageOf(error)}`], exitCode.failed, io);
}

async function reportCall(error: CallError, io: Io): Promise<number> {
  const { failureLines, isRefusal } = await import("./failure.ts");
  return complain(failureLines(error), isRefusal(error) ? exitCode.refused : exitCode.failed, io);
}

function complain(lines: readonly string[], code: number, io: Io): number {
  for (const line of lines) io.stderr(`${printable(line)}\n`);
  return code;
}
