// Backups: one file of SQLite, whatever the engine was, which holds the store of one moment. Files beside the store,
// keys and settings are not in it.
import { existsSync } from "node:fs";
import { version } from "../config.ts";
import { type CopyOptions, copyStore } from "../store/copy.ts";
import { migrate } from "../store/migrations.ts";
import { type Original, openSqliteOriginal } from "../store/original.ts";
import { lend } from "./lend.ts";
import { type Manifest, readManifest, writeManifest } from "./manifest.ts";
import type { Place } from "./place.ts";
import { writeSqliteFile } from "./sqlite-file.ts";

/** What a backup is told. */
export interface BackupOptions extends Pick<CopyOptions, "onProgress"> {
  readonly now: () => Date;
}

/**
 * Writes a backup of what is kept in `place`, where servers may go on working, and returns what is in it. Throws if the
 * file exists.
 */
export function backUp(place: Place, file: string, options: BackupOptions): Promise<Manifest> {
  const { now, ...copying } = options;
  return lend(place.original(), (original) =>
    writeSqliteFile(file, async (engine) => {
      const time = now().toISOString();
      const contents = await copyStore(original, engine, copying);
      const manifest = { time, version: version(), from: place.name, contents };
      await writeManifest(engine, manifest);
      return manifest;
    }),
  );
}

/**
 * Fills an empty `place` with a backup, brings it up to this version, and returns what was in the backup. Throws if there
 * is anything or a server works there, and if the file is damaged or of a newer version; then nothing is there.
 */
export function restore(
  file: string,
  place: Place,
  copying: Pick<CopyOptions, "onProgress"> = {},
): Promise<Manifest> {
  return lend(openBackup(file), async (original) => {
    const manifest = await readManifest(original);
    await place.fill(async (engine) => {
      await copyStore(original, engine, { ...copying, expected: manifest.contents, anew: true });
      await migrate(engine);
    });
    return manifest;
  });
}

/** Opens the file of a backup. Throws if there is none. */
export function openBackup(file: string): Original {
  if (!existsSync(file)) throw new Error(`there is no file ${file}`);
  return openSqliteOriginal(file);
}
