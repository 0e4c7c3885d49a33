// Two servers on one PostgreSQL, of which one is killed again and again: no answered write is lost, nothing is handed out
// twice, and who calls the other one notices nothing.
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { openPostgresStore } from "../../src/store/postgres.ts";
import type { Store } from "../../src/store/store.ts";
import { type Cluster, startCluster } from "../postgres/cluster.ts";
import { brokenPromises, History, prepare, startCallers, untilNextSuccess } from "./load.ts";
import { type Replica, startReplica } from "./replica.ts";

let cluster: Cluster;
let one: Replica;
let other: Replica;
let store: Store;

beforeEach(async () => {
  cluster = await startCluster({ durable: true });
  await cluster.query("postgres", "create database metal");
  const url = cluster.url("metal");
  [one, other] = await Promise.all([startReplica(url), startReplica(url)]);
  store = await openPostgresStore({ url });
  await prepare(one);
}, 60_000);
afterEach(async () => {
  await Promise.all([one.remove(), other.remove()]);
  await store.close();
  await cluster.remove();
}, 60_000);

test("a server stopped in the middle of its work keeps others waiting for seconds, and changes nothing later", async () => {
  const history = new History();
  const callers = [
    startCallers(history, { name: "stays", replica: one }),
    startCallers(history, { name: "sleeps", replica: other }),
  ];
  await untilNextSuccess(history, "sleeps");
  other.signal("SIGSTOP");
  // Longer than a transaction may be idle.
  await pause(6_500);
  await untilNextSuccess(history, "stays");
  other.signal("SIGCONT");
  await untilNextSuccess(history, "sleeps");
  await Promise.all(callers.map((each) => each.stop()));
  expect(await brokenPromises(store, history)).toEqual([]);
  expect(history.faults("stays")).toEqual([]);
  expect(history.longestMs.get("stays")).toBeLessThan(12_000);
}, 90_000);

test("one of two is killed again and again under load", async () => {
  const history = new History();
  const callers = [
    startCallers(history, { name: "stays", replica: one }),
    startCallers(history, { name: "dies", replica: other }),
  ];
  for (let round = 0; round < 4; round += 1) {
    await pause(300 + Math.random() * 700);
    await other.end("SIGKILL");
    await other.start();
    await untilNextSuccess(history, "dies");
  }
  await Promise.all(callers.map((each) => each.stop()));
  expect(await brokenPromises(store, history)).toEqual([]);
  expect(history.faults("stays")).toEqual([]);
  expect(history.longestMs.get("stays")).toBeLessThan(5_000);
}, 90_000);
