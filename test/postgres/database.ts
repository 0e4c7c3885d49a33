// Databases for tests in the PostgreSQL of this run: each test has its own.
import { randomUUID } from "node:crypto";
import { createConnection } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll } from "@jest/globals";
import pg from "pg";
import type { Engine } from "../../src/store/engine.ts";
import { openPostgresEngine } from "../../src/store/postgres-engine.ts";
import { createSqlStore, type StoreOptions } from "../../src/store/sql.ts";
import type { Store } from "../../src/store/store.ts";
import { emptyDatabase, offerVariable } from "./offer.ts";

/** A database that a test has for itself. */
export interface TestDatabase {
  readonly url: string;
  /** Runs statements there. */
  query(this: void, text: string): Promise<Record<string, unknown>[]>;
  /** Ends all connections to it, and removes it. */
  drop(): Promise<void>;
}

let asked: Promise<string> | undefined;

/** The URL of the server, without a database. */
async function ask(): Promise<string> {
  const answer = await text(createConnection(process.env[offerVariable] ?? ""));
  if (!answer.startsWith("postgres://")) throw new Error(answer);
  return answer;
}

/** Creates a database with an empty store, or with nothing at all. */
export async function newDatabase(contents: "store" | "nothing" = "store"): Promise<TestDatabase> {
  asked ??= ask();
  const server = await asked;
  const name = `test_${randomUUID().replaceAll("-", "")}`;
  const template = contents === "store" ? emptyDatabase : "template0";
  await run(`${server}postgres`, `create database ${name} template ${template}`);
  const url = server + name;
  return {
    url,
    query: (statements) => run(url, statements),
    drop: async () => {
      await run(`${server}postgres`, `drop database if exists ${name} with (force)`);
    },
  };
}

async function run(url: string, statements: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(statements)).rows;
  } finally {
    await client.end();
  }
}

/** Makes a store what it was in the beginning. Triggers, as those that keep the audit, do not notice. */
const emptyStore = `
  set session_replication_role = replica;
  do $$ declare name text; begin
    for name in select tablename from pg_tables where schemaname = 'public' loop
      execute format('delete from public.%1$I', name);
      execute format('insert into public.%1$I select * from seed.%1$I', name);
    end loop;
  end $$`;

/** A database with sessions on it, which cost more than most tests. */
interface Place {
  readonly engine: Engine;
  empty(): Promise<void>;
  end(): Promise<void>;
}

/** Places that no store uses at the moment. */
const free: Place[] = [];
let ended = false;

afterAll(async () => {
  ended = true;
  for (const place of free.splice(0)) await place.end();
});

/** Opens an empty store that is gone when it is closed. It does not wait for the disk. */
export async function openPostgresTestStore(options?: StoreOptions): Promise<Store> {
  const place = free.pop() ?? (await newPlace());
  const close = async () => {
    if (ended) return place.end();
    await place.empty();
    free.push(place);
  };
  return createSqlStore({ ...place.engine, close }, options);
}

async function newPlace(): Promise<Place> {
  const database = await newDatabase();
  const engine = await openPostgresEngine({ url: database.url, durability: "off" });
  const client = new pg.Client(database.url);
  await client.connect();
  return {
    engine,
    empty: async () => void (await client.query(emptyStore)),
    end: async () => {
      await client.end();
      await engine.close();
      await database.drop();
    },
  };
}
