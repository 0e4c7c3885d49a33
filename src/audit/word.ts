// How a call ended, in a word: "ok", or the code of its error as Connect spells it.
import { Code, ConnectError } from "@connectrpc/connect";
import { codeToString } from "@connectrpc/connect/protocol-connect";

/** The end of a call that failed. */
export interface Failure {
  readonly code: string;
  /** What the caller is told. */
  readonly error: string;
}

/** What the caller of a call that threw `error` gets to see: the code and text of a ConnectError, else "internal". */
export function failureOf(error: unknown): Failure {
  if (error instanceof ConnectError)
    return { code: codeToString(error.code), error: error.rawMessage };
  return { code: codeToString(Code.Internal), error: "internal error" };
}
