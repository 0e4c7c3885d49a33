// The ways in which a command ends, and the errors that stand for them.
import { isNativeError } from "node:util/types";

/** Exit status of the process. Scripts rely on these numbers. */
export const exitCode = Object.freeze({ done: 0, failed: 1, usage: 2, refused: 3 });

/** The command was called wrongly: exit status 2. The message is a sentence for the person who called it. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** The command could not do its work: exit status 1. The message is shown as it is. */
export class CommandError extends Error {
  override readonly name = "CommandError";
}

/** The command has said everything there is to say and only the exit status is left. */
export class SilentExit extends Error {
  override readonly name = "SilentExit";
  readonly code: number;

  constructor(code: number) {
    super(`exit status ${code}`);
    this.code = code;
  }
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return isNativeError(error) ? error.message : String(error);
}

/** Codes that commands react to. The numbers are those of gRPC's status codes, which ConnectError uses too. */
export const callCode = Object.freeze({ notFound: 5, alreadyExists: 6, aborted: 10 });
