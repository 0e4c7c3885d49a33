// A terminal on the machine of a real server: command lines run in this process and call the server over HTTP.
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import type { Io } from "../../src/cli/io.ts";
import { run } from "../../src/cli/run.ts";
import { users, type World } from "../world/server.ts";

/** What came of a command line. */
export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** A person at a terminal. */
export interface RealTerminal {
  readonly folder: string;
  /** Runs a command line, split at blanks; words with blanks go into an array. */
  readonly metal: (line: string | readonly string[], changes?: Partial<Io>) => Promise<Outcome>;
  readonly close: () => Promise<void>;
}

/** A terminal that has the identities of the server's three default users in data/credentials.yaml. */
export async function openRealTerminal({ url }: Pick<World, "url">): Promise<RealTerminal> {
  const folder = await mkdtemp(join(tmpdir(), "metal-real-"));
  const file = join(folder, "data", "credentials.yaml");
  await mkdir(join(folder, "data"));
  const { view, edit, admin } = users;
  const identities = [view, edit, admin].map(({ name, type, keys }) => ({
    name,
    type,
    key: keys[0]?.secret,
  }));
  await writeFile(file, stringify({ "api-url": url, users: identities }));
  await chmod(file, 0o600);
  const env = { HOME: folder, XDG_CONFIG_HOME: join(folder, "config") };
  return {
    folder,
    metal: (line, changes) => runLine(line, { env, cwd: folder, ...changes }),
    close: () => rm(folder, { recursive: true }),
  };
}

async function runLine(line: string | readonly string[], changes: Partial<Io>): Promise<Outcome> {
  const printed = { out: "", err: "" };
  const io: Io = {
    stdout: (text) => void (printed.out += text),
    stderr: (text) => void (printed.err += text),
    env: {},
    cwd: "/",
    now: () => new Date(),
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
