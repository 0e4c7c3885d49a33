// What a backup says of itself, in a table of its own: when it was made, and what must be in it.
import { sql } from "kysely";
import type { Contents } from "../store/copy.ts";
import type { Engine } from "../store/engine.ts";
import type { Original } from "../store/original.ts";

/** About a backup. */
export interface Manifest {
  /** In RFC 3339: everything that was answered before it is in the backup. */
  readonly time: string;
  /** Of metal-connect. */
  readonly version: string;
  /** Where the store was, for people. */
  readonly from: string;
  readonly contents: Contents;
}

/** Writes it into a file that holds everything else. */
export async function writeManifest({ write }: Engine, manifest: Manifest): Promise<void> {
  await sql`create table backup (manifest text not null)`.execute(write);
  await sql`insert into backup values (${JSON.stringify(manifest)})`.execute(write);
}

/** Reads it. Throws if the file holds none, or SQLite finds the file damaged. */
export function readManifest(original: Original): Promise<Manifest> {
  return original.look(async (image) => {
    const { rows } = await sql<object>`pragma integrity_check(1)`.execute(image);
    const [verdict] = rows.flatMap((row) => Object.values(row).map(String));
    if (verdict !== "ok") throw new Error(`the file is damaged: ${verdict}`);
    const tables = await image.introspection.getTables();
    if (!tables.some(({ name }) => name === "backup")) throw new Error("the file is no backup");
    const found = await sql<{ manifest: string }>`select manifest from backup`.execute(image);
    return parsed(found.rows[0]?.manifest ?? "");
  });
}

function parsed(text: string): Manifest {
  const manifest: unknown = JSON.parse(text);
  if (isManifest(manifest)) return manifest;
  throw new Error("the file is damaged: it does not say what is in it");
}

function isManifest(value: unknown): value is Manifest {
  if (typeof value !== "object" || value === null) return false;
  const { time, version, from, contents } = value as Partial<Record<keyof Manifest, unknown>>;
  const texts = [time, version, from].every((text) => typeof text === "string");
  return texts && typeof contents === "object" && contents !== null;
}

/** How many rows each table has. */
export const rowsByTable = (contents: Contents): Readonly<Record<string, number>> =>
  Object.fromEntries(Object.entries(contents).map(([table, { rows }]) => [table, rows]));

/** How many rows there are in all. */
export const rowsIn = (contents: Contents): number =>
  Object.values(contents).reduce((sum, { rows }) => sum + rows, 0);
