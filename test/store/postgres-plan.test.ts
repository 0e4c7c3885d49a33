// No query of the store needs to read a whole table in PostgreSQL either, and lists come from an index in their order:
// asked of PostgreSQL for the very queries that the store sends.
import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { CompiledQuery } from "kysely";
import pg from "pg";
import { AuditSealSchema } from "../../gen/metal/v1/audit_pb.ts";
import type { Executor } from "../../src/store/engine.ts";
import { type Entity, entities, type Kind } from "../../src/store/entities.ts";
import { openPostgresEngine } from "../../src/store/postgres-engine.ts";
import { openSqlStore } from "../../src/store/sql.ts";
import type { AuditFilter, Filter, Store } from "../../src/store/store.ts";
import { newDatabase, type TestDatabase } from "../postgres/database.ts";
import { appendAudit, audit, sample } from "./sample.ts";

const kinds = Object.keys(entities) as Kind[];
const plans: string[] = [];
let database: TestDatabase;
let store: Store;
/** Plans as the sessions of an engine do, with any values. */
let planner: pg.Client;
/** What PostgreSQL is asked for a plan for any values with: before version 16 it gives none. */
let anyValues: string;

beforeAll(async () => {
  database = await newDatabase();
  planner = new pg.Client({ connectionString: database.url, pipeline: true });
  await planner.connect();
  const { rows } = await planner.query<{ version: number }>(
    "select current_setting('server_version_num')::integer as version",
  );
  anyValues = (rows[0]?.version ?? 0) < 160_000 ? "" : "costs off, generic_plan";
  await planner.query("set enable_seqscan = off; set enable_bitmapscan = off");
  const engine = await openPostgresEngine({ url: database.url, durability: "off" });
  const transact: typeof engine.transact = (work) => engine.transact((db) => work(explaining(db)));
  store = await openSqlStore({ ...engine, read: explaining(engine.read), transact });
  await appendAudit(store, [audit(0), audit(1e9), audit(2e9)]);
});
afterAll(async () => {
  await store.close();
  await planner.end();
  await database.drop();
});

/**
 * Runs queries after it has noted how PostgreSQL would: with these values, and with any, because a session that keeps a
 * statement may plan it once and for all.
 */
function explaining(db: Executor): Executor {
  return {
    executeQuery: async (query) => {
      const { sql, parameters } = query;
      const explained = CompiledQuery.raw(`explain (costs off) ${sql}`, [...parameters]);
      const explanations = [await db.executeQuery(explained)];
      if (anyValues !== "") explanations.push(await planner.query(`explain (${anyValues}) ${sql}`));
      for (const { rows } of explanations) {
        const lines = rows.map((row) => String(Object.values(row as object)[0]));
        plans.push([sql, ...lines].join("\n"));
      }
      return db.executeQuery(query);
    },
  };
}

/** The plans of a call that scan a table or sort. */
async function wasteful(call: () => Promise<unknown>): Promise<string[]> {
  plans.length = 0;
  await call();
  expect(plans).not.toEqual([]);
  return plans.filter((plan) => /Seq Scan|Sort/.test(plan));
}

function filtersOf(kind: Kind): Record<string, string>[] {
  const entity: Entity = entities[kind];
  const terms = entity.terms(sample(kind, "x"));
  const all = Object.fromEntries(terms);
  return [{}, { id: "x" }, ...terms.map(([field, value]) => ({ [field]: value })), all];
}

test.each(kinds)("%s: reading and writing goes by index", async (kind) => {
  // To the types every kind is an image here: the test does the same with each.
  const as = kind as "image";
  const faults = await wasteful(async () => {
    for (const where of filtersOf(kind)) {
      await store.read[as].list({ where: where as Filter<"image">, after: "a", limit: 5 });
      await store.read[as].count(where as Filter<"image">);
    }
    await store.read[as].peekSome(["x", "y", "z"]);
    await store.transaction(async (tx) => {
      const stored = await tx[as].insert(sample(as, "x"));
      await tx[as].delete((await tx[as].update(stored)).id || "x");
    });
  });
  expect(faults).toEqual([]);
});

test("what is counted is looked up by index", async () => {
  const { machine } = store.read;
  const faults = await wasteful(async () => {
    await machine.count({ project: "p" });
    await machine.counts("held", ["a", "b", "c"]);
    await machine.values("freeIn", { prefix: "a", limit: 5 });
  });
  expect(faults).toEqual([]);
});

const audits: readonly AuditFilter[] = [
  {},
  { principal: "p" },
  { procedure: "p" },
  { code: "ok" },
  { refused: true },
  { fromMs: 1, toMs: 3e9, principal: "p", refused: false },
];

test.each(audits)("the audit is searched by %j in the order of an index", async (where) => {
  const list = () => store.read.audit.list({ where, before: "f", limit: 5 });
  expect(await wasteful(list)).toEqual([]);
});

test("what is handed out is found by index", async () => {
  const faults = await wasteful(() =>
    store.transaction(async (tx) => {
      await tx.freeNumber.give("p", { first: 10n, last: 19n });
      await tx.freeNumber.takeFirst("p");
      await tx.freeBlock.give("p", { first: 0x100n, bits: 8 });
      await tx.freeBlock.takeFit("p", 4);
      await tx.freeBlock.list("p", { limit: 5 });
      await tx.prefix.overlapping({ family: "IPv4", parent: "", first: 0n, last: 9n });
      await tx.prefix.ofNetworks(["a", "b", "c"]);
      await tx.tally.add("t", 1);
    }),
  );
  expect(faults).toEqual([]);
});

test("changes are followed by index", async () => {
  const faults = await wasteful(async () => {
    await store.changes.after(0, 5);
    await store.changes.forget({ beforeMs: 0, keep: 1 });
  });
  expect(faults).toEqual([]);
});

test("seals are read, appended and forgotten by index", async () => {
  const faults = await wasteful(async () => {
    const records = await store.read.seals.unsealed(5);
    const leaves = records.map(({ traceId }) => ({ traceId, hash: "" }));
    const horizon = timestampFromMs(3e9);
    const seal = create(AuditSealSchema, { number: 1n, forgotten: 1n, horizon, leaves });
    await store.transaction(async (tx) => {
      await tx.seals.append(seal);
      await tx.seals.records(seal);
      await tx.seals.list({ after: 0, limit: 5 });
      await tx.seals.oldest(5);
      await tx.seals.forget(seal);
    });
  });
  expect(faults).toEqual([]);
});
