// Runs command lines in this process and keeps what they print.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Io } from "../../src/cli/io.ts";
import { run } from "../../src/cli/run.ts";
import { keys, type MemoryServer } from "./memory-server.ts";

/** What came of a command line. */
export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** A person at a terminal, with a home and a working directory of their own. */
export interface Terminal {
  readonly folder: string;
  /** Runs a command line, split at blanks; words with blanks go into an array. */
  readonly metal: (line: string | readonly string[], changes?: Partial<Io>) => Promise<Outcome>;
  /** Writes a file into the working directory and returns its name. */
  readonly file: (name: string, text: string) => Promise<string>;
  readonly close: () => Promise<void>;
}

/** The moment at which commands run. */
export const now = new Date("2026-01-15T10:00:00.500Z");

/** A terminal whose environment names `server` and one of its users; nothing if there is no server. */
export async function openTerminal(
  server?: MemoryServer,
  user: keyof typeof keys = "Metal-Admin",
): Promise<Terminal> {
  const folder = await mkdtemp(join(tmpdir(), "metal-cli-"));
  const env = {
    HOME: folder,
    XDG_CONFIG_HOME: join(folder, "config"),
    ...(server && access(server, user)),
  };
  return {
    folder,
    metal: (line, changes) => runLine(line, { env, cwd: folder, ...changes }),
    file: async (name, text) => {
      await writeFile(join(folder, name), text);
      return name;
    },
    close: () => rm(folder, { recursive: true }),
  };
}

/** The environment that names a server and a user. */
export function access({ url }: MemoryServer, user: keyof typeof keys): Record<string, string> {
  return { METAL_API_URL: url, METAL_API_HMAC: keys[user], METAL_API_HMAC_AUTH_TYPE: user };
}

async function runLine(line: string | readonly string[], changes: Partial<Io>): Promise<Outcome> {
  const printed = { out: "", err: "" };
  const io: Io = {
    stdout: (text) => void (printed.out += text),
    stderr: (text) => void (printed.err += text),
    env: {},
    cwd: "/",
    now: () => now,
    interactive: false,
    readStdin: async () => "",
    ask: async () => "",
    edit: async () => {},
    ...changes,
  };
  const words = typeof line === "string" ? line.split(" ").filter((word) => word !== "") : line;
  const code = await run(words, io);
  return { code, ...printed };
}
