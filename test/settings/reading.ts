// Reads settings in tests: arguments, variables and a file that exists only for the test.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "@jest/globals";
import { type Reading, readConfig } from "../../src/config.ts";
import { problemText } from "../../src/domain/problem.ts";

const folder = mkdtempSync(join(tmpdir(), "metal-config-"));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;

/** The path of a file with these contents. */
export function fileWith(text: string | Uint8Array): string {
  files += 1;
  const path = join(folder, `${files}.yaml`);
  writeFileSync(path, text);
  return path;
}

/** What a server is started with. */
export interface Given {
  readonly argv?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly file?: string;
}

function read({ argv = [], env = {}, file }: Given): Reading {
  const config = file === undefined ? [] : ["--config", fileWith(file)];
  return readConfig({ argv: [...config, ...argv], environment: env });
}

/** The settings, where nothing is wrong with them. */
export function ready(given: Given) {
  const reading = read(given);
  if (reading.kind !== "config") throw new Error(JSON.stringify(reading));
  return reading;
}

/** The problems as printed, the path of the file replaced by FILE. */
export function problems(given: Given): string[] {
  const reading = read(given);
  if (reading.kind !== "problems") return [];
  return reading.problems.map(problemText).map((text) => text.replace(/[^ "]*\/\d+\.yaml/, "FILE"));
}

/** Two keys that are long enough. */
export const [keyA, keyB] = ["a".repeat(32), "b".repeat(32)];

/** The text of a settings file with a list of users. */
export const userList = (...users: string[]) =>
  `users:\n${users.map((user) => `  - ${user}`).join("\n")}`;

/** What the remedy for a weak key says. */
export const newKey = "use a key of its own, for example from `openssl rand -base64 32`";
