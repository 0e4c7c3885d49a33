// Servers on one PostgreSQL tell each other that there is something new.
import { create } from "@bufbuild/protobuf";
import { afterEach, beforeEach, test } from "@jest/globals";
import { MachineSchema } from "../../gen/metal/v1/machine_pb.ts";
import { openPostgresStore } from "../../src/store/postgres.ts";
import type { Store } from "../../src/store/store.ts";
import { newDatabase, type TestDatabase } from "../postgres/database.ts";

let database: TestDatabase;
const stores: Store[] = [];

beforeEach(async () => {
  database = await newDatabase();
});
afterEach(async () => {
  await Promise.all(stores.splice(0).map((store) => store.close()));
  await database.drop();
});

async function server(): Promise<Store> {
  const store = await openPostgresStore({ url: database.url, durability: "off" });
  stores.push(store);
  return store;
}

const insert = (store: Store, id: string) =>
  store.transaction((tx) => tx.machine.insert(create(MachineSchema, { id })));

/** Follows a store by what it is told alone: resolves when a change of this machine has arrived. */
function told(store: Store, id: string): Promise<void> {
  return new Promise((resolve) => {
    const look = async () => {
      const changes = await store.changes.after(0, 1000).catch(() => []);
      if (changes.some((change) => change.id === id)) resolve();
    };
    store.changes.onCommit(() => void look());
  });
}

test("one is told of what another has committed", async () => {
  const [one, other] = [await server(), await server()];
  const arrived = [told(one, "a"), told(other, "a"), told(other, "b")];
  await insert(one, "a");
  await Promise.all(arrived.slice(0, 2));
  await insert(one, "b");
  await Promise.all(arrived);
});

test("of many commits in a row the last one arrives", async () => {
  const [one, other] = [await server(), await server()];
  const arrived = told(other, "last");
  await Promise.all(Array.from({ length: 50 }, (_, n) => insert(one, `${n}`)));
  await insert(one, "last");
  await arrived;
});

test("after the connection has ended it learns what it has missed, and what comes then", async () => {
  const [one, other] = [await server(), await server()];
  const before = told(other, "before");
  await insert(one, "before");
  await before;
  const [missed, later] = [told(other, "missed"), told(other, "later")];
  await database.query(`select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and query like 'listen%'`);
  await insert(one, "missed");
  await missed;
  await insert(one, "later");
  await later;
});
