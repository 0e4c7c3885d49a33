// Places for stores: data folders and databases of a PostgreSQL that keeps what it is told, and the command line that
// works on them.
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { databaseUrl } from "../../src/settings/database-url.ts";
import { databasePlace, folderPlace, type Place } from "../../src/maintenance/place.ts";
import { openPostgresStore } from "../../src/store/postgres.ts";
import { openSqliteStore } from "../../src/store/sqlite.ts";
import type { Store } from "../../src/store/store.ts";
import { type Cluster, startCluster } from "../postgres/cluster.ts";

/** The engines that there are places on. */
export const engines = ["sqlite", "postgres"] as const;
export type EngineName = (typeof engines)[number];

/** An empty place. */
export interface EmptyPlace {
  readonly place: Place;
  /** The settings of a server that works there. */
  readonly env: Readonly<Record<string, string>>;
  /** As `metal copy` is told it. */
  readonly address: string;
  open(this: void): Promise<Store>;
}

/** Makes places, and removes them all. */
export interface Places {
  /** For files. */
  readonly folder: string;
  make(engine: EngineName): Promise<EmptyPlace>;
  /** The names of files in the folder, sorted. */
  files(): string[];
  remove(): Promise<void>;
}

/** A folder and a PostgreSQL. */
export async function openPlaces(): Promise<Places> {
  const folder = mkdtempSync(join(tmpdir(), "metal-places-"));
  // The PostgreSQL of other tests does not wait for the disk, and servers refuse it.
  const cluster = await startCluster({ durable: true });
  let count = 0;
  return {
    folder,
    make(engine) {
      count += 1;
      return engine === "sqlite"
        ? Promise.resolve(folderAt(join(folder, `data-${count}`)))
        : databaseIn(cluster, `store_${count}`);
    },
    files: () => (existsSync(folder) ? readdirSync(folder).sort() : []),
    async remove() {
      await cluster.remove();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const folderAt = (data: string): EmptyPlace => ({
  place: folderPlace(data),
  env: { METAL_DATA: data },
  address: data,
  open: () => openSqliteStore(data),
});

async function databaseIn(cluster: Cluster, name: string): Promise<EmptyPlace> {
  await cluster.query("postgres", `create database ${name}`);
  const url = cluster.url(name);
  const checked = databaseUrl(url);
  if (!("value" in checked)) throw new Error(checked.reason);
  return {
    place: databasePlace(checked.value),
    env: { METAL_DATABASE_URL: url },
    address: url,
    open: () => openPostgresStore({ url }),
  };
}
