// Two servers under load, and their PostgreSQL crashes, or stops answering: calls fail with unavailable, none lies, and
// all recovers by itself.
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, expect, test } from "@jest/globals";
import { openPostgresStore } from "../../src/store/postgres.ts";
import type { Store } from "../../src/store/store.ts";
import { type Cluster, startCluster } from "../postgres/cluster.ts";
import { brokenPromises, type History, prepare, startCallers, untilNextSuccess } from "./load.ts";
import { openProxy } from "./proxy.ts";
import { type Replica, startReplica } from "./replica.ts";

let cluster: Cluster;
let replicas: Replica[];
let store: Store;
let history: History;
let places = 0;

beforeAll(async () => {
  cluster = await startCluster({ durable: true });
  await cluster.query("postgres", "create database metal");
  const url = cluster.url("metal");
  replicas = await Promise.all([startReplica(url), startReplica(url)]);
  store = await openPostgresStore({ url });
}, 60_000);
beforeEach(async () => {
  places += 1;
  for (const first of replicas.slice(0, 1)) history = await prepare(first, places);
});
afterAll(async () => {
  await Promise.all(replicas.map((replica) => replica.remove()));
  await store.close();
  await cluster.remove();
}, 60_000);

/** Callers of both servers, who count together. */
function startAll() {
  const callers = replicas.map((replica) =>
    startCallers(history, { name: "caller", replica, callers: 3 }),
  );
  return { stop: () => Promise.all(callers.map((each) => each.stop())) };
}

const probes = () => Promise.all(replicas.map((replica) => replica.probe("/readyz")));
const lives = () => Promise.all(replicas.map((replica) => replica.probe("/healthz")));

test("the database crashes again and again under load", async () => {
  const callers = startAll();
  for (let round = 0; round < 2; round += 1) {
    await untilNextSuccess(history, "caller");
    await pause(Math.random() * 700);
    await cluster.stop("immediate");
    expect(await probes()).toEqual([503, 503]);
    expect(await lives()).toEqual([200, 200]);
    await cluster.start();
    await untilNextSuccess(history, "caller");
    expect(await probes()).toEqual([200, 200]);
  }
  await callers.stop();
  expect(await brokenPromises(store, history)).toEqual([]);
  expect(history.faults("caller")).toEqual(["Unavailable"]);
}, 90_000);

test("the way to the database is cut again and again, and answers get lost on it", async () => {
  const url = cluster.url("metal");
  const proxy = await openProxy(url);
  const remote = await startReplica(proxy.through(url));
  const callers = [
    startCallers(history, { name: "near", replica: replicas[0] ?? remote, callers: 2 }),
    startCallers(history, { name: "far", replica: remote }),
  ];
  for (let round = 0; round < 5; round += 1) {
    await untilNextSuccess(history, "far");
    await pause(Math.random() * 200);
    await proxy.cut(200);
  }
  await untilNextSuccess(history, "far");
  await Promise.all(callers.map((each) => each.stop()));
  expect(await brokenPromises(store, history)).toEqual([]);
  expect(history.faults("near")).toEqual([]);
  expect(history.faults("far")).toEqual(["Unavailable"]);
  await remote.remove();
  await proxy.close();
}, 90_000);

test("the database stops answering, and answers again", async () => {
  const callers = startAll();
  await untilNextSuccess(history, "caller");
  cluster.signal("freeze");
  await pause(500);
  expect(await probes()).toEqual([503, 503]);
  expect(await lives()).toEqual([200, 200]);
  await pause(3_000);
  cluster.signal("thaw");
  await untilNextSuccess(history, "caller");
  await callers.stop();
  expect(await brokenPromises(store, history)).toEqual([]);
  for (const fault of history.faults("caller")) expect(fault).toBe("Unavailable");
}, 90_000);
