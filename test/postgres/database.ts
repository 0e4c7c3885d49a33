// Databases for tests in the PostgreSQL of this run: each test has its own.
import { randomUUID } from "node:crypto";
import { createConnection } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll } from "@jest/globals";
import pg from "pg";
import type { Engine } from "../../src/store/engine.ts";
import { openPostgresEngine } from "../../src/store/postgres-engine.ts";
import { openSqlStore, type StoreOptions } from "../../src/store/sql.ts";
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

interface Free {
  readonly database: TestDatabase;
  readonly engine: Engine;
}

/** Databases that no store uses at the moment, and sessions on them: new ones cost more than most tests. */
const free: Free[] = [];

let ended = false;

afterAll(async () => {
  ended = true;
  for (const each of free.splice(0)) await end(each);
});

async function end({ database, engine }: Free): Promise<void> {
  await engine.close();
  await database.drop();
}

/**
 * Opens an empty store that is gone when it is closed. It does not wait for the disk.
 */
export async function openPostgresTestStore(options?: StoreOptions): Promise<Store> {
  const taken = free.pop() ?? (await newEngine());
  const { engine, database } = taken;
  const close = async () => {
    if (ended) return end(taken);
    await database.query(emptyStore);
    free.push(taken);
  };
  return openSqlStore({ ...engine, close }, options);
}

async function newEngine(): Promise<Free> {
  const database = await newDatabase();
  return {
    database,
    engine: await openPostgresEngine({ url: database.url, durability: "off" }),
  };
}
