// The key that seals secrets in the store of a server whose settings name none: made at its first start, beside the data.
import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { SetupError } from "../domain/problem.ts";
import { systemErrorCode } from "../domain/system-error.ts";
import { createOwnFile, readOwnFile } from "./credentials-file.ts";
import { weakness } from "./key-rules.ts";

const keyBytes = 32;

/** "<data>/secrets.key" */
export function secretsKeyPath(data: string): string {
  return join(data, "secrets.key");
}

/**
 * The key in the file, which is written if there is none. Throws SetupError if others may read it, or it holds no good
 * key.
 */
export async function ownSecretsKey(data: string): Promise<string> {
  const path = secretsKeyPath(data);
  await ensureKey(data, path).catch((error: unknown) => {
    throw unwritable(error);
  });
  // Whoever came first has written what counts, also if that was another process.
  const key = ((await readOwnFile(path)) ?? "").replace(/\r?\n$/, "");
  const reason = weakness(key);
  if (reason === undefined) return key;
  const remedy = "restore the file: what was sealed with its key cannot be read without";
  throw new SetupError([{ setting: path, reason, remedy }]);
}

async function ensureKey(data: string, path: string): Promise<void> {
  await mkdir(data, { recursive: true, mode: 0o700 });
  if ((await readOwnFile(path)) === undefined)
    await createOwnFile(path, `${randomBytes(keyBytes).toString("base64url")}\n`);
}

function unwritable(error: unknown): unknown {
  const code = systemErrorCode(error);
  if (code === undefined) return error;
  const reason = `cannot hold secrets.key (${code})`;
  const remedy = "name a folder that this process may write, or set secrets-key";
  return new SetupError([{ setting: "data", reason, remedy }]);
}
