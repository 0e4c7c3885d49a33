// Reads and writes the small YAML files that hold secrets: contexts, and the credentials of a fresh server.
import { chmod, mkdir, open, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { isNativeError } from "node:util/types";
import { parse } from "yaml";
import { CommandError } from "./errors.ts";
import { yamlText } from "./document/text.ts";
import type { Plain } from "./document/encode.ts";

/** A mapping as the file has it, nothing checked. */
export type Mapping = Readonly<Record<string, unknown>>;

/** The mapping in a file; undefined if there is no such file. Errors never quote the file, which may hold secrets. */
export async function readMapping(path: string): Promise<Mapping | undefined> {
  const text = await readText(path);
  if (text === undefined) return undefined;
  const value = parseMapping(text, path);
  if (value === null || value === undefined) return {};
  if (isMapping(value)) return value;
  throw new CommandError(`${path}: must be a mapping`);
}

/** Replaces a file in one step, readable by its owner only. Makes the directory if need be. */
export async function writeMapping(path: string, value: Plain): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.${process.pid}.new`;
  try {
    await writeDurably(temporary, yamlText(value));
    await rename(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
}

/** True if others than the owner can read or write the file. */
export async function isOpenToOthers(path: string): Promise<boolean> {
  const { mode } = await stat(path);
  return (mode & 0o077) !== 0;
}

/** The text under a key, numbers included; undefined if it is missing or empty. */
export function textAt(mapping: Mapping, key: string): string | undefined {
  const value = mapping[key];
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** True for what YAML calls a mapping. */
export function isMapping(value: unknown): value is Mapping {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (isErrno(error, "ENOENT") || isErrno(error, "ENOTDIR")) return undefined;
    throw new CommandError(
      `cannot read ${path}: ${isErrno(error) ? error.code : "unknown reason"}`,
    );
  }
}

function parseMapping(text: string, path: string): unknown {
  try {
    return parse(text, { prettyErrors: false });
  } catch {
    throw new CommandError(`${path}: is not YAML`);
  }
}

async function writeDurably(path: string, text: string): Promise<void> {
  const file = await open(path, "w", 0o600);
  try {
    await chmod(path, 0o600);
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

function isErrno(error: unknown, code?: string): error is NodeJS.ErrnoException {
  return isNativeError(error) && "code" in error && (code === undefined || error.code === code);
}
