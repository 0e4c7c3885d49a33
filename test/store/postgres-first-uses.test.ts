// First uses in PostgreSQL are those of all servers.
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import {
  createPostgresFirstUses,
  type PostgresFirstUses,
} from "../../src/store/postgres-first-uses.ts";
import { SessionPool } from "../../src/store/postgres-pool.ts";
import { newDatabase, type TestDatabase } from "../postgres/database.ts";

let database: TestDatabase;
const pools: SessionPool[] = [];

beforeEach(async () => {
  database = await newDatabase();
});
afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close()));
  await database.drop();
});

function server(sweepEveryMs?: number): PostgresFirstUses {
  const pool = new SessionPool({ url: database.url, size: 4, setup: "" });
  pools.push(pool);
  return createPostgresFirstUses(pool, sweepEveryMs);
}

const soon = () => Date.now() + 30_000;

test("what a key means is what the first server said", async () => {
  const [one, other] = [server(), server()];
  expect(await one.bind("k", "a", soon())).toEqual({ first: true, meaning: "a" });
  expect(await other.bind("k", "b", soon())).toEqual({ first: false, meaning: "a" });
  expect(await one.bind("k", "a", soon())).toEqual({ first: false, meaning: "a" });
  expect(await other.bind("K", "b", soon())).toEqual({ first: true, meaning: "b" });
});

test("of many at the same time at several servers exactly one is the first", async () => {
  const servers = [server(), server(), server()];
  const expires = soon();
  const binds = servers.flatMap((one, s) =>
    Array.from({ length: 20 }, (_, n) => one.bind("k", `${s} ${n}`, expires)),
  );
  const outcomes = await Promise.all(binds);
  const winner = outcomes.find((outcome) => outcome?.first);
  expect(outcomes.filter((outcome) => outcome?.first)).toHaveLength(1);
  expect(outcomes.map((outcome) => outcome?.meaning)).toEqual(
    Array.from({ length: 60 }, () => winner?.meaning),
  );
});

test("what may have been forgotten cannot be bound, by the clock of the database", async () => {
  const one = server();
  expect(await one.bind("k", "a", Date.now() - 119_000)).toEqual({ first: true, meaning: "a" });
  expect(await one.bind("late", "a", Date.now() - 121_000)).toBeUndefined();
  expect(await one.bind("k", "b", Date.now() - 121_000)).toEqual({ first: false, meaning: "a" });
});

test("what has expired is removed while others go on", async () => {
  const one = server(0);
  await database.query(`insert into first_use
    select 'old ' || n, 'a', 1000 from generate_series(1, 500) as n`);
  await one.bind("k", "a", soon());
  await one.settled();
  expect(await database.query("select key from first_use")).toEqual([{ key: "k" }]);
});
