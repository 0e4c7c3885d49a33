// A file that belongs to one user of the machine: whole or absent, and read only if nobody else may read it.
import { randomBytes } from "node:crypto";
import { link, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { SetupError } from "../domain/problem.ts";
import { systemErrorCode } from "../domain/system-error.ts";

const ownerOnly = 0o600;
const groupAndWorld = 0o077;

/** The text of the file; undefined if there is none. Throws SetupError if group or world may touch it. */
export async function readOwnFile(path: string): Promise<string | undefined> {
  await using file = await open(path, "r").catch(ignore("ENOENT"));
  if (file === undefined) return undefined;
  // The mode of what is open, so that nobody can put another file in its place in between.
  const { mode } = await file.stat();
  if ((mode & groupAndWorld) !== 0) throw openToOthers(path, mode);
  return await file.readFile("utf8");
}

/** Writes the file unless there is one; false if there was. It is complete and on disk when it appears. */
export async function createOwnFile(path: string, text: string): Promise<boolean> {
  // A link, unlike a rename, does not replace what another process put there.
  const publish = (temporary: string) => link(temporary, path).then(() => true, ignore("EEXIST"));
  return (await writeAside(path, text, publish)) ?? false;
}

/** Writes the file in place of the one that is there. Readers see the old one or the new one. */
export async function replaceOwnFile(path: string, text: string): Promise<void> {
  await writeAside(path, text, (temporary) => rename(temporary, path));
}

async function writeAside<T>(
  path: string,
  text: string,
  publish: (temporary: string) => Promise<T>,
): Promise<T> {
  const temporary = `${path}.${randomBytes(6).toString("hex")}`;
  try {
    await writeDurably(temporary, text);
    const result = await publish(temporary);
    await syncFolder(dirname(path));
    return result;
  } finally {
    await rm(temporary, { force: true });
  }
}

async function writeDurably(path: string, text: string): Promise<void> {
  await using file = await open(path, "wx", ownerOnly);
  await file.writeFile(text);
  await file.sync();
}

/** The name of a new file is durable once its folder is. */
async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path, "r");
  await folder.sync();
}

function ignore(code: string): (error: unknown) => undefined {
  return (error) => {
    if (systemErrorCode(error) === code) return undefined;
    throw error;
  };
}

function openToOthers(path: string, mode: number): SetupError {
  const reason = `has mode ${(mode & 0o777).toString(8).padStart(4, "0")}: others have access to the keys`;
  return new SetupError([{ setting: path, reason, remedy: `run chmod 600 ${path}` }]);
}
