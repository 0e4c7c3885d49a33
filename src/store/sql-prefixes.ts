// Prefixes in SQL. Those below one parent are disjoint, so the last one that begins before the end of a stretch is the
// only one that can overlap it: one look-up tells.
import type { CompiledQuery, Kysely } from "kysely";
import type { Calls, WriteCalls } from "./calls.ts";
import { fromHex, hex } from "./number.ts";
import type { KeptPrefix, PrefixReader, PrefixWriter, Stretch } from "./pools.ts";
import { padded, prepare, prepareByShape, type SlotOf } from "./prepared.ts";
import type { PrefixRow, Schema } from "./schema.ts";

/** All queries about prefixes. */
export type PrefixQueries = ReturnType<typeof createPrefixQueries>;

type Key = Pick<PrefixRow, "cidr">;
type End = Pick<PrefixRow, "parent" | "family" | "last">;
type Counts = Pick<PrefixRow, "cidr" | "addresses" | "children" | "quads">;

const columns = [
  "cidr",
  "family",
  "first",
  "last",
  "network",
  "parent",
  "addresses",
  "children",
  "quads",
] as const;

/** Compiles the queries in the engine's dialect; that of several networks by how many they are. */
export function createPrefixQueries(db: Kysely<Schema>) {
  const prefixes = db.selectFrom("prefix").select(columns);
  const ofNetworks = prepareByShape(
    (networks: readonly string[]) => `${networks.length}`,
    (networks) =>
      prepare((slot: SlotOf<readonly string[]>) =>
        prefixes.where(
          "network",
          "in",
          networks.map((_, index) => slot(index) as string),
        ),
      ),
  );
  return {
    ofNetworks: (networks: readonly string[]) => ofNetworks(networks)(networks),
    get: prepare((slot: SlotOf<Key>) => prefixes.where("cidr", "=", slot("cidr"))),
    upTo: prepare((slot: SlotOf<End>) =>
      prefixes
        .where("parent", "=", slot("parent"))
        .where("family", "=", slot("family"))
        .where("first", "<=", slot("last"))
        .orderBy("first", "desc")
        .limit(1),
    ),
    insert: prepareInsert(db),
    update: prepare((slot: SlotOf<Counts>) =>
      db
        .updateTable("prefix")
        .set({
          addresses: slot("addresses"),
          children: slot("children"),
          quads: slot("quads"),
        })
        .where("cidr", "=", slot("cidr")),
    ),
    addAddresses: prepare((slot: SlotOf<Key & { readonly change: number }>) =>
      db
        .updateTable("prefix")
        .set((eb) => ({ addresses: eb("addresses", "+", slot("change")) }))
        .where("cidr", "=", slot("cidr")),
    ),
    remove: prepare((slot: SlotOf<Key>) =>
      db.deleteFrom("prefix").where("cidr", "=", slot("cidr")),
    ),
  };
}

const prepareInsert = (db: Kysely<Schema>) =>
  prepare((slot: SlotOf<PrefixRow>) =>
    db.insertInto("prefix").values({
      cidr: slot("cidr"),
      family: slot("family"),
      first: slot("first"),
      last: slot("last"),
      network: slot("network"),
      parent: slot("parent"),
      addresses: slot("addresses"),
      children: slot("children"),
      quads: slot("quads"),
    }),
  );

/** Reads prefixes. */
export function createPrefixReader(calls: Calls, queries: PrefixQueries): PrefixReader {
  return {
    get: (cidr) =>
      calls.call(async (db) => {
        const [row] = (await db.executeQuery(queries.get({ cidr }))).rows;
        return row && read(row);
      }),
    ofNetworks: (networks) =>
      calls.call(async (db) => {
        const { rows } = await db.executeQuery(queries.ofNetworks(padded(networks)));
        return rows.map(read).sort(byPlace);
      }),
    overlapping: ({ first, last, family, parent }: Stretch) =>
      calls.call(async (db) => {
        const query = queries.upTo({ parent, family, last: hex(last) });
        const [row] = (await db.executeQuery(query)).rows;
        return row === undefined || fromHex(row.last) < first ? undefined : read(row);
      }),
  };
}

/** Reads and keeps prefixes; `calls` must be those of a transaction. */
export function createPrefixWriter(calls: WriteCalls, queries: PrefixQueries): PrefixWriter {
  const one = (cidr: string, query: CompiledQuery<unknown>) =>
    calls.call(async (db) =>
      db.send(query, ({ numAffectedRows }) => {
        if (numAffectedRows !== 1n) throw new Error(`there is no prefix "${cidr}" to change`);
      }),
    );
  return {
    ...createPrefixReader(calls, queries),
    insert: (prefix) => calls.call(async (db) => db.send(queries.insert(rowOf(prefix)))),
    addAddresses: (cidr, change) => one(cidr, queries.addAddresses({ cidr, change })),
    update: (prefix) => one(prefix.cidr, queries.update(rowOf(prefix))),
    delete: (cidr) => one(cidr, queries.remove({ cidr })),
  };
}

function read({ first, last, quads, ...others }: PrefixRow): KeptPrefix {
  return { ...others, first: fromHex(first), last: fromHex(last), quads: fromHex(quads) };
}

function rowOf({ first, last, quads, ...others }: KeptPrefix): PrefixRow {
  return { ...others, first: hex(first), last: hex(last), quads: hex(quads) };
}

function byPlace(a: KeptPrefix, b: KeptPrefix): number {
  if (a.family !== b.family) return a.family < b.family ? -1 : 1;
  if (a.first === b.first) return 0;
  return a.first < b.first ? -1 : 1;
}
