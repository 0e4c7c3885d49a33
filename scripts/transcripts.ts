// Runs the commands in the pages below docs/ and writes what they print into the pages. `npm run docs`; a test fails
// when a page shows something else than happens. Each page gets a copy of the project to change, and a new server at its
// first start if it wants one.
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { metal, openCounter } from "./counter.ts";

const root = join(import.meta.dirname, "..");
const docs = join(root, "docs");
/** Pages with this line want a server, started with these arguments: a list as JSON. */
const serverMark = /<!-- server: (?<args>\[.*\]) -->/;
/** Pages with this line are run. */
const mark = "<!-- executed: npm run docs -->";
const copied = [
  "proto",
  "gen",
  "policy",
  "examples",
  "src/rbac",
  "src/cli",
  "scripts/reference",
  "buf.yaml",
  "buf.gen.yaml",
  "package.json",
];
const linked = ["node_modules", "third_party"];

/** The pages whose commands are run, by their path below docs/. */
export function pages(): string[] {
  const names = readdirSync(docs, { encoding: "utf8", recursive: true });
  return names.filter((name) => name.endsWith(".md") && page(name).includes(mark)).toSorted();
}

/** The text of a page as it is. */
export const page = (name: string): string => readFileSync(join(docs, name), "utf8");

/** What a page wants to have as a page beside it: a file that its commands write, and the name of that page. */
const besideMark = /<!-- beside: (?<file>\S+) as (?<name>\S+) -->/;

/** What the commands of a page print and write now: the text of the page, and of the one beside it, by their names. */
export async function replayed(name: string): Promise<ReadonlyMap<string, string>> {
  const text = page(name);
  const folder = mkdtempSync(join(tmpdir(), "docs-"));
  try {
    await using _server = await startServer(text, folder);
    prepare(folder);
    await using _counter = await openCounter(folder);
    const steady = new Steady();
    const own = withOutputs(text, await outputs(commandsIn(text), { folder, steady }));
    return new Map([[name, own], ...beside(name, { folder, steady })]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Where the commands of a page run, and the words for what differs from run to run. */
interface Stage {
  readonly folder: string;
  readonly steady: Steady;
}

function beside(name: string, { folder, steady }: Stage): [string, string][] {
  const { file, name: other } = besideMark.exec(page(name))?.groups ?? {};
  if (file === undefined || other === undefined) return [];
  const text = readFileSync(join(folder, file), "utf8");
  return [[join(dirname(name), other), steady.shown(text)]];
}

/** The server that a page wants, if it does. Its keys are where the command line looks for them. */
async function startServer(text: string, folder: string): Promise<AsyncDisposable | undefined> {
  const args = serverArgs(text);
  if (args === undefined) return undefined;
  const server = spawn(
    process.execPath,
    ["src/main.ts", "--listen=127.0.0.1:0", `--data=${folder}/data`, ...args, secretsKey()],
    { cwd: root, env: environment(), stdio: ["ignore", "ignore", "pipe"] },
  );
  await serving(server);
  return { [Symbol.asyncDispose]: () => stop(server) };
}

const secretsKey = () => `--secrets-key=${randomBytes(32).toString("base64")}`;

function serverArgs(text: string): string[] | undefined {
  const args: unknown = JSON.parse(serverMark.exec(text)?.groups?.["args"] ?? "null");
  return Array.isArray(args) ? args.map(String) : undefined;
}

/** This process's environment without settings of ours. */
function environment(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env).filter(([name]) => !name.startsWith("METAL_"));
  return Object.fromEntries(entries);
}

/** Resolves when the server serves. Rejects with what it said if it ends before. */
function serving(server: ChildProcess): Promise<void> {
  let said = "";
  return new Promise((resolve, reject) => {
    server.once("exit", () => reject(new Error(`the server did not start: ${said}`)));
    server.stderr?.on("data", (chunk) => {
      said += String(chunk);
      if (said.includes('"serving"')) resolve();
    });
  });
}

async function stop(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  server.kill();
  await once(server, "exit");
}

function prepare(folder: string): void {
  for (const name of copied) cpSync(join(root, name), join(folder, name), { recursive: true });
  for (const name of linked) symlinkSync(join(root, name), join(folder, name));
}

const block = /```console\n(?<body>[^]*?)```/g;
const commandLine = /^\$ (?<command>.*)$/;

const commandsIn = (text: string): string[] =>
  [...text.matchAll(block)].flatMap(({ groups }) => commandsOf(groups?.["body"] ?? ""));
const commandsOf = (body: string): string[] =>
  body.split("\n").flatMap((line) => commandLine.exec(line)?.groups?.["command"] ?? []);

/** What came of a command. */
interface Step {
  readonly status: number;
  readonly printed: string;
}

/** Runs the commands one after the other and returns what each prints, in words that are the same for every run. */
async function outputs(commands: readonly string[], { folder, steady }: Stage): Promise<string[]> {
  const texts: string[] = [];
  let last = 0;
  for (const command of commands) {
    const real = steady.real(command);
    const step = plainMetal.test(real)
      ? await plain(real, folder)
      : await shell(real, folder, last);
    last = step.status;
    texts.push(steady.shown(step.printed));
  }
  return texts;
}

/** A command line of ours without anything for a shell. */
const plainMetal = /^metal [\w ./:@=-]+$/;

async function plain(command: string, folder: string): Promise<Step> {
  const place = { home: folder, cwd: folder };
  const { status, pieces } = await metal(command.split(" ").slice(1), place);
  return { status, printed: pieces.map(([, text]) => text).join("") };
}

async function shell(command: string, folder: string, last: number): Promise<Step> {
  const PATH = `${folder}:${root}/node_modules/.bin:${process.env["PATH"]}`;
  const options = { cwd: folder, env: { ...environment(), PATH, HOME: folder } };
  const script = `exec 2>&1; (exit ${last}); ${command}`;
  const [status, printed] = await new Promise<[number, string]>((resolve) => {
    execFile("bash", ["-c", script], options, (error, stdout) =>
      resolve([typeof error?.code === "number" ? error.code : 0, stdout]),
    );
  });
  return { status, printed };
}

/** A UUID of version 7, which begins with the time. */
const timeUuid = /\b[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}\b/g;

/** 32 random bytes as base64url, which hardly ever lack a digit or a capital letter. */
const hmacKey = /(?<![\w-])(?=[\w-]*\d)(?=[\w-]*[A-Z])[\w-]{43}(?![\w-])/g;
/** The id of a key, in a column of its own. */
const keyId = /(?<=^|\s)[0-9a-f]{8}(?=\s)/gm;

/** Puts what is the same in every run for what differs: times, trace ids, keys, ports. */
class Steady {
  readonly #traces: string[] = [];
  readonly #keys: string[] = [];

  /** What is printed, as the page shows it. */
  shown(text: string): string {
    return text
      .replaceAll(/\b[0-9a-f]{32}\b/g, (id) => this.#shownTrace(id))
      .replaceAll(timeUuid, "019bc0de-0000-7000-8000-000000000001")
      .replaceAll(/\b\d{4}-\d\d-\d\dT[\d:.]+Z/g, "2026-01-15T10:00:00.000Z")
      .replaceAll(/since \d{4}-\d\d-\d\d/g, "since 2025-12-16")
      .replaceAll(hmacKey, "This-key-was-shown-once-and-is-not-in-this0")
      .replaceAll(keyId, (id) => this.#shownKey(id))
      .replaceAll(/127\.0\.0\.1:\d+/g, "127.0.0.1:8080");
  }

  /** A command of the page, with the trace ids of this run. */
  real(command: string): string {
    return command.replaceAll(
      /\b019bc0de0*(\d+)\b/g,
      (shown, index: string) => this.#traces[Number(index) - 1] ?? shown,
    );
  }

  #shownKey(id: string): string {
    if (!this.#keys.includes(id)) this.#keys.push(id);
    return `key000${String(this.#keys.indexOf(id) + 1).padStart(2, "0")}`;
  }

  #shownTrace(id: string): string {
    if (!this.#traces.includes(id)) this.#traces.push(id);
    return `019bc0de${String(this.#traces.indexOf(id) + 1).padStart(24, "0")}`;
  }
}

function withOutputs(text: string, printed: readonly string[]): string {
  const left = [...printed];
  return text.replaceAll(block, (_, body: string) => {
    const steps = commandsOf(body).map((command) => `$ ${command}\n${left.shift() ?? ""}`);
    return `\`\`\`console\n${steps.map(ended).join("\n")}\`\`\``;
  });
}

const ended = (text: string) => `${text.trimEnd()}\n`;

if (import.meta.main)
  for (const name of pages())
    for (const [path, text] of await replayed(name)) writeFileSync(join(docs, path), text);
