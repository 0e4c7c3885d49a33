// Reads policies, and what was accepted of their changes, from where people name them.
import { execFile } from "node:child_process";
import { readFile, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { isNativeError } from "node:util/types";
import { promisify } from "node:util";
import { gunzipSync } from "node:zlib";
import { parse } from "yaml";
import {
  type Acknowledgements,
  noAcknowledgements,
  readAcknowledgements,
} from "../rbac/policy/acknowledgement.ts";
import { policyOfImage } from "../rbac/policy/image.ts";
import { parsePolicy, type Policy, PolicyError } from "../rbac/policy/policy.ts";
import { CommandError, UsageError } from "./errors.ts";
import type { Io } from "./io.ts";

/** Where a project's rules are, if nothing else is said. */
export const rulesPath = "gen/rbac/rules.json";

const jsonOpens = "{".charCodeAt(0);
/** The first bytes of gzip (RFC 1952, section 2.3.1). */
const gzipOpens = [0x1f, 0x8b];
/** The largest rules.json that is taken from git, in bytes. */
const gitLimit = 64 * 1024 * 1024;

/**
 * The policy that `name` names: a file with rules.json or a buf image (also gzipped), or a git revision, of which
 * gen/rbac/rules.json is read. Throws UsageError, CommandError.
 */
export async function readPolicy(name: string, { cwd }: Io): Promise<Policy> {
  const path = resolve(cwd, name);
  if (!(await isFile(path))) return policyOf(await fromGit(name, cwd), `${name}:${rulesPath}`);
  return policyOf(await readFile(path), name);
}

/** What was accepted, by a YAML file; nothing if there is none and `isOptional`. Throws CommandError. */
export async function readAccepted(
  name: string,
  { io: { cwd }, isOptional }: { readonly io: Io; readonly isOptional: boolean },
): Promise<Acknowledgements> {
  const path = resolve(cwd, name);
  if (isOptional && !(await isFile(path))) return noAcknowledgements;
  const text = await readText(path, name);
  return told(() => readAcknowledgements(parse(text, { prettyErrors: false }), name), name);
}

/** The text of a file. Throws UsageError if it cannot be read. */
export async function readText(path: string, name: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch {
    throw new UsageError(`cannot read ${name}`);
  }
}

/** The result of `work`, whose complaints about an input become those of the command. */
export function told<R>(work: () => R, name: string): R {
  try {
    return work();
  } catch (error) {
    if (error instanceof PolicyError) throw new CommandError(error.message);
    if (isNativeError(error) && error.name.startsWith("YAML"))
      throw new CommandError(`${name}: is no YAML`);
    throw error;
  }
}

function policyOf(bytes: Uint8Array, name: string): Policy {
  const plain = gzipOpens.every((byte, index) => bytes[index] === byte) ? gunzipSync(bytes) : bytes;
  const isJson = plain.find((byte) => byte > 0x20) === jsonOpens;
  return told(
    () =>
      isJson ? parsePolicy(new TextDecoder().decode(plain), name) : policyOfImage(plain, name),
    name,
  );
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch {
    return false; // Whatever keeps it from being looked at, it is no file to read.
  }
}

async function fromGit(revision: string, cwd: string): Promise<Uint8Array> {
  const object = revision.includes(":") ? revision : `${revision}:./${rulesPath}`;
  // "--end-of-options" keeps a revision from being taken for an option.
  const args = ["show", "--no-textconv", "--end-of-options", object];
  const options = { cwd, maxBuffer: gitLimit, encoding: "buffer" } as const;
  try {
    return (await promisify(execFile)("git", args, options)).stdout;
  } catch {
    throw new UsageError(`"${revision}" is neither a file nor a git revision with ${rulesPath}`);
  }
}
