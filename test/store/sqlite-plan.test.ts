// No query of the store reads a whole table or sorts: asked of SQLite for the very queries that the store sends.
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { CompiledQuery } from "kysely";
import type { Executor } from "../../src/store/engine.ts";
import { type Entity, entities, type Kind } from "../../src/store/entities.ts";
import { openSqlStore } from "../../src/store/sql.ts";
import { openSqliteEngine } from "../../src/store/sqlite-engine.ts";
import type { AuditFilter, Filter, Store, Transaction } from "../../src/store/store.ts";
import { newFolder, removeFoldersAfterAll } from "./folder.ts";
import { appendAudit, audit, sample } from "./sample.ts";

removeFoldersAfterAll();

const kinds = Object.keys(entities) as Kind[];
const plans: string[] = [];
let store: Store;

beforeAll(async () => {
  const engine = openSqliteEngine(newFolder());
  const transact: typeof engine.transact = (work) => engine.transact((db) => work(explaining(db)));
  store = await openSqlStore({ ...engine, read: explaining(engine.read), transact });
  await appendAudit(store, [audit(0), audit(1e9), audit(2e9)]);
});
afterAll(() => store.close());

/** Runs queries after it has noted how SQLite would. */
function explaining(db: Executor): Executor {
  return {
    executeQuery: async (query) => {
      const explain = CompiledQuery.raw(`explain query plan ${query.sql}`, [...query.parameters]);
      const { rows } = await db.executeQuery<{ detail: string }>(
        explain as CompiledQuery<{ detail: string }>,
      );
      plans.push(...rows.map(({ detail }) => detail));
      return db.executeQuery(query);
    },
  };
}

async function planOf(call: () => Promise<unknown>): Promise<string[]> {
  plans.length = 0;
  await call();
  return [...plans];
}

const search = /^SEARCH \w+ (EXISTS )?USING (COVERING INDEX|INDEX|(INTEGER )?PRIMARY KEY) /;
/** The rows that an insert brings along. */
const ownRows = /^SCAN \d+-ROW VALUES CLAUSE$/;

/** All that there is of a kind. */
const wholeKind = /\(kind=\?\)$/;

/** Only steps that go to a place in an index, and none that sorts. */
function expectSearches(plan: readonly string[]): void {
  const steps = plan.filter((step) => !ownRows.test(step));
  expect(steps).not.toEqual([]);
  expect(steps.filter((step) => !search.test(step) || wholeKind.test(step))).toEqual([]);
}

function termsOf(kind: Kind): [string, string][] {
  const entity: Entity = entities[kind];
  const terms = entity.terms(sample(kind, "x"));
  return [...new Map(terms.map(([field, value]) => [field, value] as const))];
}

const ofKind = kinds.flatMap((kind) => [
  [kind, {}] as const,
  [kind, { id: "x" }] as const,
  ...termsOf(kind).map(([field, value]) => [kind, { [field]: value }] as const),
  [kind, Object.fromEntries(termsOf(kind))] as const,
  [kind, { id: "x", ...Object.fromEntries(termsOf(kind)) }] as const,
]);

describe("entities", () => {
  test("every field that a kind can be found by is asked about", () => {
    const fields = ofKind
      .filter(([kind]) => kind === "image")
      .flatMap(([, where]) => Object.keys(where));
    expect(new Set(fields)).toEqual(
      new Set(["id", "name", "os", "version", "classification", "feature"]),
    );
  });

  test.each(ofKind)(
    "%s: lists and counts by %j read only what they return",
    async (kind, where) => {
      // To the types, a filter of any kind is one of this kind.
      const reader = store.read[kind as "image"];
      const filter = where as Filter<"image">;
      expectSearches(await planOf(() => reader.list({ where: filter, limit: 5 })));
      expectSearches(await planOf(() => reader.list({ where: filter, after: "m", limit: 5 })));
      expectSearches(await planOf(() => reader.count(filter)));
    },
  );

  test("what is counted is looked up, and not counted", async () => {
    const { machine } = store.read;
    const all = [
      await planOf(() => machine.count({ project: "p" })),
      await planOf(() => machine.counts("held", ["a", "b", "c"])),
      await planOf(() => machine.values("freeIn", { prefix: "a", limit: 5 })),
    ];
    for (const plan of all) expect(plan).toEqual([expect.stringMatching(/^SEARCH tally USING /)]);
  });

  test.each(kinds)("%s: a get, an update and a deletion go by keys", async (kind) => {
    const one = kind as "image";
    const inserted = await store.transaction((tx) => tx[one].insert(sample(one, "x")));
    expectSearches(await planOf(() => store.read[one].get("x")));
    expectSearches(await planOf(() => store.read[one].peekSome(["x", "y", "z"])));
    expectSearches(await planOf(() => store.transaction((tx) => tx[one].update(inserted))));
    expectSearches(await planOf(() => store.transaction((tx) => tx[one].delete("x"))));
  });
});

const columns = { procedure: "a", principal: "b", code: "c", refused: true } as const;
const times = { fromMs: 5e8, toMs: 15e8 } as const;

/** Every subset of the filters. */
const auditFilters = Object.entries({ ...columns, ...times }).reduce<AuditFilter[]>(
  (subsets, [name, value]) => subsets.flatMap((subset) => [subset, { ...subset, [name]: value }]),
  [{}],
);

describe("the audit", () => {
  const restricting = auditFilters.filter((where) => Object.keys(where).length > 0);

  test.each(restricting)("pages by %j start in an index and need no sorting", async (where) => {
    expectSearches(await planOf(() => store.read.audit.list({ where, limit: 5 })));
    expectSearches(await planOf(() => store.read.audit.list({ where, before: "f", limit: 5 })));
  });

  test("a search by time ends at both times", async () => {
    const plan = await planOf(() => store.read.audit.list({ where: times, limit: 5 }));
    expect(plan.at(-1)).toMatch(/\(trace_id>\? AND trace_id<\?\)$/);
  });

  test("the newest of all are read in order, without sorting", async () => {
    const plan = await planOf(() => store.read.audit.list({ where: {}, limit: 5 }));
    expect(plan).toEqual([expect.stringMatching(/^SCAN audit USING INDEX \w+$/)]);
  });

  test("a get goes by key", async () => {
    expectSearches(await planOf(() => store.read.audit.get("x")));
  });
});

type Work = (tx: Transaction) => Promise<unknown>;
const block = { first: 0x100n, bits: 8 };
const range = { first: 10n, last: 19n };
const prefix = { cidr: "p", family: "IPv4", network: "n", parent: "", ...range };
const kept = { ...prefix, addresses: 0, children: 0, quads: 0n };

/** Whatever is handed out or given back, one after the other: each goes on from the ones before. */
const handingOut: readonly (readonly [string, Work])[] = [
  ["give numbers", (tx) => tx.freeNumber.give("p", range)],
  ["take the first number", (tx) => tx.freeNumber.takeFirst("p")],
  ["take certain numbers", (tx) => tx.freeNumber.take("p", { first: 12n, last: 12n })],
  ["give a number back", (tx) => tx.freeNumber.give("p", { first: 12n, last: 12n })],
  ["give a block", (tx) => tx.freeBlock.give("p", block)],
  ["take the best block", (tx) => tx.freeBlock.takeFit("p", 4)],
  ["take a certain block", (tx) => tx.freeBlock.take("p", { first: 0x1f0n, bits: 2 })],
  ["give a block back", (tx) => tx.freeBlock.give("p", { first: 0x1f0n, bits: 2 })],
  ["insert a prefix", async (tx) => (await tx.prefix.insert(kept), tx.prefix.get("p"))],
  ["find an overlap", (tx) => tx.prefix.overlapping({ ...prefix, first: 0n })],
  ["find prefixes of networks", (tx) => tx.prefix.ofNetworks(["a", "n", "z"])],
  ["count in a prefix", (tx) => tx.prefix.update({ ...kept, addresses: 1 })],
  ["delete a prefix", (tx) => tx.prefix.delete("p")],
  ["add to a tally", async (tx) => (await tx.tally.add("t", 1), tx.tally.get("t"))],
];

describe("changes", () => {
  test("to follow them needs only searches", async () => {
    expectSearches(await planOf(() => store.changes.head()));
    expectSearches(await planOf(() => store.changes.after(0, 5)));
  });

  test("to number and to forget them needs only searches", async () => {
    const work = async (tx: Transaction) => {
      await tx.machine.update(await tx.machine.insert(sample("machine", "watched")));
    };
    expectSearches(await planOf(() => store.transaction(work)));
    expectSearches(await planOf(() => store.changes.forget({ beforeMs: Infinity, keep: 0 })));
  });
});

describe("what is handed out", () => {
  test.each(handingOut)("to %s needs only searches", async (_, work) => {
    expectSearches(await planOf(() => store.transaction(work)));
  });

  test("a free number, block or overlap is the first entry at one place of an index", async () => {
    const plan = await planOf(() =>
      store.transaction(async (tx) => {
        await tx.freeNumber.takeFirst("none");
        await tx.freeBlock.takeFit("none", 4);
        await tx.prefix.overlapping({ ...prefix, first: 0n });
      }),
    );
    expect(plan).toEqual([
      expect.stringMatching(/^SEARCH free_range USING INDEX \w+ \(pool=\? AND first>\?\)$/),
      expect.stringMatching(/^SEARCH free_block USING PRIMARY KEY \(pool=\? AND bits>\?\)$/),
      expect.stringMatching(
        /^SEARCH prefix USING INDEX \w+ \(parent=\? AND family=\? AND first<\?\)$/,
      ),
    ]);
  });
});
