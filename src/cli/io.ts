// What the command line sees of the machine it runs on: injected, so that tests run commands in this process.

/** The world outside of a command. */
export interface Io {
  /** Writes results, exactly as given. */
  readonly stdout: (text: string) => void;
  /** Writes errors, warnings and notes, exactly as given. */
  readonly stderr: (text: string) => void;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The working directory, absolute. */
  readonly cwd: string;
  readonly now: () => Date;
  /** True if a person can answer questions on standard input. */
  readonly interactive: boolean;
  /** All of standard input. */
  readonly readStdin: () => Promise<string>;
  /** Asks a question and returns the answer without the line break; empty at the end of input. */
  readonly ask: (question: string) => Promise<string>;
  /** Lets a person edit a file. Throws if the editor cannot be run or fails. */
  readonly edit: (file: string) => Promise<void>;
}
