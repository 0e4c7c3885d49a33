// Writes a file of SQLite by way of another one beside it: it is there as a whole and on the disk, or not at all,
// wherever the process ends.
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { link, open, readdir, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { systemErrorCode } from "../domain/system-error.ts";
import type { Engine } from "../store/engine.ts";
import { createSqliteFile } from "../store/sqlite-file.ts";
import { lend } from "./lend.ts";

/** Lets `work` fill a new file with mode 0600. Throws if there is one already, whoever has written it meanwhile. */
export async function writeSqliteFile<R>(
  file: string,
  work: (engine: Engine) => Promise<R>,
): Promise<R> {
  if (existsSync(file)) throw existing(file);
  const part = `${file}.${randomBytes(4).toString("hex")}.part`;
  try {
    const result = await lend(createSqliteFile(part), work);
    await sync(part);
    await publish(part, file);
    return result;
  } finally {
    await rm(part, { force: true });
  }
}

/** Removes what is left of a file that was never complete. */
export async function removeParts(file: string): Promise<void> {
  const names = await readdir(dirname(file));
  const isPart = (name: string) => name.startsWith(`${basename(file)}.`) && name.endsWith(".part");
  for (const name of names.filter(isPart)) await rm(join(dirname(file), name), { force: true });
}

/** A link, unlike a rename, does not replace what another process put there. */
async function publish(part: string, file: string): Promise<void> {
  try {
    await link(part, file);
  } catch (error) {
    throw systemErrorCode(error) === "EEXIST" ? existing(file) : error;
  }
  await sync(dirname(file));
}

async function sync(path: string): Promise<void> {
  await using opened = await open(path, "r");
  await opened.sync();
}

const existing = (file: string) => new Error(`${file} is there already: name another file`);
