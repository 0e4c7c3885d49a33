// `metal backup`, `restore`, `migrate` and `copy`: runs them, and says what came of it.
import { resolve } from "node:path";
import { AddressError, addressOf, placeAt } from "../maintenance/address.ts";
import { backUp, restore } from "../maintenance/backup.ts";
import { copy } from "../maintenance/copy.ts";
import { leftOut } from "../maintenance/left-out.ts";
import { type Manifest, rowsByTable, rowsIn } from "../maintenance/manifest.ts";
import { bringUpToDate, stateOf } from "../maintenance/migrate.ts";
import { verify } from "../maintenance/verify.ts";
import type { Plain } from "./document/encode.ts";
import { documentText } from "./document/format.ts";
import { CommandError, exitCode, messageOf, SilentExit, UsageError } from "./errors.ts";
import type { Io } from "./io.ts";
import type { Session } from "./session.ts";

/** The server's settings that say where its store is. */
export interface StorageFlags {
  readonly config?: string;
  readonly data?: string;
  readonly databaseUrl?: string;
  readonly databaseUrlFile?: string;
}

/** Writes a backup, and says what is not in it. Throws UsageError, CommandError, as all of these do. */
export async function backup(file: string, flags: StorageFlags, session: Session): Promise<void> {
  const { io } = session;
  const { place, data } = address(flags, io);
  const options = { now: io.now, onProgress: progress(io) };
  const manifest = await attempt(`back up ${place.name}`, () =>
    backUp(place, resolve(io.cwd, file), options),
  );
  print(
    session,
    documentOf(manifest),
    `wrote ${file}: ${rowsIn(manifest.contents)} rows of ${place.name}`,
  );
  for (const line of leftOut(data)) io.stderr(`note: not in it: ${line}\n`);
}

/** Says whether a backup is whole and its books balance. */
export async function verifyBackup(file: string, session: Session): Promise<void> {
  const { io } = session;
  const { manifest, findings } = await attempt(`rely on ${file}`, () =>
    verify(resolve(io.cwd, file)),
  );
  const { time, version, from } = manifest;
  const whole = `${file} is whole: ${rowsIn(manifest.contents)} rows of ${from}, ${time}, version ${version}`;
  const faults = (findings ?? []).map(
    ({ check, subject, fault }) => `${check}: ${subject}: ${fault}`,
  );
  const lines = [whole, ...(findings === undefined ? [unread] : []), ...faults];
  if (findings?.length === 0) lines.push("its books balance");
  print(session, { ...documentOf(manifest), faults }, lines.join("\n"));
  if (faults.length > 0) throw new SilentExit(exitCode.failed);
}

const unread =
  "an older version wrote it: its books are looked at by `metal doctor`, once restored";

/** Fills an empty place. */
export async function restoreBackup(
  file: string,
  flags: StorageFlags,
  session: Session,
): Promise<void> {
  const { io } = session;
  const { place } = address(flags, io);
  const manifest = await attempt(`restore into ${place.name}`, () =>
    restore(resolve(io.cwd, file), place, { onProgress: progress(io) }),
  );
  const rows = rowsIn(manifest.contents);
  print(
    session,
    documentOf(manifest),
    `restored ${rows} rows of ${manifest.time} into ${place.name}`,
  );
  io.stderr(bringAlong);
}

/** Brings the store up to date. */
export async function migrate(flags: StorageFlags, session: Session): Promise<void> {
  const { place } = address(flags, session.io);
  const done = await attempt(`change ${place.name}`, () => bringUpToDate(place));
  const lines = done.map((name) => `done: ${name}\n`).join("");
  print(session, { done }, `${lines}${place.name} is up to date`);
}

/** Says what is to be done. Ends with status 1 if something is. */
export async function checkMigrations(flags: StorageFlags, session: Session): Promise<void> {
  const { place } = address(flags, session.io);
  const { pending } = await attempt(`look at ${place.name}`, () => stateOf(place));
  const lines = pending.map((name) => `pending: ${name}`);
  print(
    session,
    { pending },
    [...lines, ...(lines.length === 0 ? [`${place.name} is up to date`] : [])].join("\n"),
  );
  if (pending.length > 0) throw new SilentExit(exitCode.failed);
}

/** Fills an empty place with another one. */
export async function copyPlace(
  flags: { readonly from: string; readonly to: string },
  session: Session,
): Promise<void> {
  const { io } = session;
  const from = named(() => placeAt(flags.from, "--from", io.cwd));
  const to = named(() => placeAt(flags.to, "--to", io.cwd));
  const contents = await attempt(`copy ${from.name} to ${to.name}`, () =>
    copy(from, to, { onProgress: progress(io) }),
  );
  print(
    session,
    { rows: rowsByTable(contents) },
    `copied ${rowsIn(contents)} rows of ${from.name} to ${to.name}`,
  );
  io.stderr(bringAlong);
}

/** For who has a store in a new place: `leftOut` by other words, because nobody knows where the old server was. */
const bringAlong =
  "note: the server needs what was kept beside the store: settings, secrets-key or secrets.key, credentials.yaml, firmware\n";

function documentOf({ contents, ...about }: Manifest) {
  return { ...about, rows: rowsByTable(contents) };
}

function address({ config, data, databaseUrl, databaseUrlFile }: StorageFlags, io: Io) {
  const flags = { config, data, "database-url": databaseUrl, "database-url-file": databaseUrlFile };
  const argv = Object.entries(flags).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}=${value}`],
  );
  return named(() => addressOf({ argv, environment: io.env }, io.cwd));
}

function named<R>(read: () => R): R {
  try {
    return read();
  } catch (error) {
    throw error instanceof AddressError ? new UsageError(error.message) : error;
  }
}

/** What fails here fails for a reason that an operator can act on: files, databases, servers that run. */
async function attempt<R>(what: string, work: () => Promise<R>): Promise<R> {
  try {
    return await work();
  } catch (error) {
    throw new CommandError(`cannot ${what}: ${messageOf(error)}`);
  }
}

function print({ io, style }: Session, document: Plain, text: string): void {
  io.stdout(documentText(document, style("table").format) ?? `${text}\n`);
}

/** So often is told how far long work has come, in milliseconds. */
const tellEveryMs = 2_000;

function progress(io: Io): (rows: number) => void {
  let toldAtMs = io.now().getTime();
  return (rows) => {
    const nowMs = io.now().getTime();
    if (nowMs - toldAtMs < tellEveryMs) return;
    toldAtMs = nowMs;
    io.stderr(`${rows} rows …\n`);
  };
}
