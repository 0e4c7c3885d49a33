// What is wrong with how the server is set up, in a form that an operator can act on.

/** One thing to put right before the server can start. It never quotes a secret. */
export interface Problem {
  /** The setting, and where it was given: "listen (from METAL_LISTEN)". */
  readonly setting: string;
  readonly reason: string;
  /** What to do about it. */
  readonly remedy: string;
}

/** Who is told about problems while more of them are looked for. */
export type Report = (problem: Problem) => void;

/** "listen: has no port; write HOST:PORT" */
export function problemText({ setting, reason, remedy }: Problem): string {
  return `${setting}: ${reason}; ${remedy}`;
}

/** The server cannot start as it is set up. */
export class SetupError extends Error {
  override readonly name = "SetupError";
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(problems.map(problemText).join("\n"));
    this.problems = problems;
  }
}
