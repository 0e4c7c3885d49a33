// Many take addresses of one network at the same time, on two servers of one PostgreSQL: whatever fails among them,
// nothing is handed out twice, nothing is lost, and the books balance.
import { create } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { IPSchema } from "../../gen/metal/v1/ip_pb.ts";
import { type Network, NetworkSchema } from "../../gen/metal/v1/network_pb.ts";
import { ProjectSchema } from "../../gen/metal/v1/project_pb.ts";
import { allocateIp } from "../../src/domain/ip.ts";
import { createNetwork, prepareNetwork } from "../../src/domain/network-flow.ts";
import type { Executor } from "../../src/store/engine.ts";
import { openPostgresStore } from "../../src/store/postgres.ts";
import { openPostgresEngine } from "../../src/store/postgres-engine.ts";
import { createSqlStore } from "../../src/store/sql.ts";
import type { Store, Transaction } from "../../src/store/store.ts";
import { newDatabase, type TestDatabase } from "../postgres/database.ts";
import { appendAudit, audit } from "../store/sample.ts";
import { faultsOf } from "../world/books.ts";

const project = create(ProjectSchema, { meta: { id: "p" } });
const internet = create(NetworkSchema, { id: "internet", prefixes: ["10.0.0.0/16"] });
prepareNetwork(internet);

let database: TestDatabase;
let stores: [Store, Store];
beforeEach(async () => {
  database = await newDatabase();
  const open = () => openPostgresStore({ url: database.url, durability: "off" });
  stores = [await open(), await open()];
  await stores[0].transaction(async (tx) => {
    await tx.project.insert(project);
    await createNetwork(tx, internet);
  });
});
afterEach(async () => {
  await Promise.all(stores.map((store) => store.close()));
  await database.drop();
});

async function take(tx: Transaction): Promise<string> {
  const reads = [tx.network.get("internet"), tx.project.get("p")] as const;
  const [network] = await Promise.all(reads);
  const ip = create(IPSchema, { networkId: "internet", projectId: "p" });
  const wish = { wanted: undefined, family: undefined };
  return (await allocateIp(tx, ip, { network: network as Network, project, wish })).id;
}

/** Runs the work of `count` callers at once, in turn on one store and the other. */
function together(count: number, work: (store: Store, n: number) => Promise<string>) {
  const callers = Array.from({ length: count }, (_, n) => work(stores[n % 2] as Store, n));
  return Promise.allSettled(callers);
}

type Outcomes = readonly PromiseSettledResult<string>[];
const taken = (outcomes: Outcomes) =>
  outcomes.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
const errors = (outcomes: Outcomes) =>
  outcomes.flatMap((one) => (one.status === "rejected" ? [one.reason as Error] : []));

const held = async () => {
  const ips = await stores[0].read.ip.list({ where: { network: "internet" }, limit: 1000 });
  return ips.map(({ id }) => id).toSorted();
};

test("each gets an address of its own, and none fails", async () => {
  const outcomes = await together(120, (store) => store.transaction(take));
  expect(errors(outcomes)).toEqual([]);
  expect(taken(outcomes).toSorted()).toEqual(await held());
  expect(new Set(taken(outcomes)).size).toBe(120);
  expect(await faultsOf(stores[1])).toEqual([]);
});

async function keepTwice(tx: Transaction): Promise<void> {
  const [kept] = await tx.prefix.ofNetworks(["internet"]);
  if (kept !== undefined) await tx.prefix.insert(kept);
}

test("those that fail take back themselves alone, however they fail", async () => {
  await appendAudit(stores[0], [audit(1)]);
  const ways = [
    (tx: Transaction) => take(tx).then(() => Promise.reject(new Error("after all not"))),
    // What shows only when all that was sent is answered.
    (tx: Transaction) => take(tx).then((id) => tx.audit.append([audit(1)]).then(() => id)),
    // What the database itself refuses, so that it wants to hear no more of the transaction.
    (tx: Transaction) => take(tx).then((id) => keepTwice(tx).then(() => id)),
  ];
  const outcomes = await together(120, (store, n) => store.transaction(ways[n % 8] ?? take));
  const messages = errors(outcomes).map(({ message }) => message);
  for (const fault of ["after all not", "there is an audit record", "duplicate key value"])
    expect(messages.filter((message) => message.startsWith(fault))).toHaveLength(15);
  expect(taken(outcomes).toSorted()).toEqual(await held());
  expect(await held()).toHaveLength(75);
  expect(await faultsOf(stores[1])).toEqual([]);
});

const endBusySessions = `select pg_terminate_backend(pid) from pg_stat_activity
  where datname = current_database() and application_name = 'metal-connect' and state <> 'idle'`;

test("when connections end in the middle, every answer is true and nobody gets two addresses", async () => {
  const calls = together(240, (store) => store.transaction(take));
  for (let round = 0; round < 5; round += 1) await database.query(endBusySessions);
  const outcomes = await calls;
  for (const error of errors(outcomes)) expect(error).toHaveProperty("code", Code.Unavailable);
  const all = await held();
  expect(all).toEqual(expect.arrayContaining(taken(outcomes)));
  expect(new Set(taken(outcomes)).size).toBe(taken(outcomes).length);
  // Nobody knows of a commit whose answer was lost; of any other nothing is there.
  expect(all.length).toBeLessThanOrEqual(outcomes.length);
  expect(await faultsOf(stores[1])).toEqual([]);
  expect(await stores[0].transaction(take)).toMatch(/^10\.0\./);
});

test("an address costs nine statements, sent in four goes", async () => {
  const engine = await openPostgresEngine({ url: database.url, durability: "off" });
  const cost = { statements: 0, goes: 0 };
  const transact: typeof engine.transact = (work) => engine.transact((db) => work(counted(db)));
  const counted = (db: Executor): Executor => {
    let open = 0;
    return {
      executeQuery: async (query) => {
        cost.statements += 1;
        if (open === 0) cost.goes += 1;
        open += 1;
        return db.executeQuery(query).finally(() => (open -= 1));
      },
    };
  };
  const store = createSqlStore({ ...engine, transact });
  await store.transaction(async (tx) => {
    await take(tx);
    await tx.audit.append([audit(1)]);
  });
  await store.close();
  expect(cost).toEqual({ statements: 9, goes: 4 });
});
