// Offers one PostgreSQL to all test files of a run of Jest. It starts when the first of them asks for it, and ends with
// the run. They ask on a socket whose path is in their environment.
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { openPostgresStore } from "../../src/store/postgres.ts";
import { type Cluster, startCluster } from "./cluster.ts";

/** The variable with the path of the socket. */
export const offerVariable = "METAL_TEST_POSTGRES";
/** The database that others are copied from: the store as it begins, and a copy of its rows in the schema "seed". */
export const emptyDatabase = "empty";

let server: Server | undefined;
let cluster: Promise<Cluster> | undefined;

/** Begins to offer; before the run. */
export async function offerPostgres(): Promise<void> {
  const path = join(mkdtempSync(join(tmpdir(), "metal-offer-")), "socket");
  process.env[offerVariable] = path;
  server = createServer((socket) => {
    cluster ??= start();
    cluster.then(
      (started) => socket.end(started.url("")),
      (error: unknown) => socket.end(String(error)),
    );
  });
  server.unref();
  await new Promise<void>((resolve) => server?.listen(path, resolve));
}

/** Ends it; after the run. */
export async function withdrawPostgres(): Promise<void> {
  server?.close();
  rmSync(dirname(process.env[offerVariable] ?? ""), { recursive: true, force: true });
  await (await cluster)?.remove();
}

async function start(): Promise<Cluster> {
  const started = await startCluster({ durable: false });
  await started.query("postgres", `create database ${emptyDatabase}`);
  const store = await openPostgresStore({ url: started.url(emptyDatabase), durability: "off" });
  await store.close();
  await started.query(emptyDatabase, keepRows);
  return started;
}

/** Keeps what a store has from the beginning, table by table, to be put back by whoever empties it. */
const keepRows = `
  create schema seed;
  do $$ declare name text; begin
    for name in select tablename from pg_tables where schemaname = 'public' loop
      execute format('create table seed.%1$I as table public.%1$I', name);
    end loop;
  end $$`;
