// Two servers on one PostgreSQL, of which one is killed again and again: no answered write is lost, nothing is handed out
// twice, and who calls the other one notices nothing.
import { setTimeout as pause } from "node:timers/promises";
import { Code } from "@connectrpc/connect";
import { afterAll, beforeAll, beforeEach, expect, test } from "@jest/globals";
import { IPService } from "../../gen/metal/v1/ip_pb.ts";
import { openPostgresStore } from "../../src/store/postgres.ts";
import type { Store } from "../../src/store/store.ts";
import { type Cluster, startCluster } from "../postgres/cluster.ts";
import { brokenPromises, type History, prepare, startCallers, untilNextSuccess } from "./load.ts";
import { type Replica, signature, startReplica } from "./replica.ts";

let cluster: Cluster;
let one: Replica;
let other: Replica;
let store: Store;
let history: History;
let places = 0;

beforeAll(async () => {
  cluster = await startCluster({ durable: true });
  await cluster.query("postgres", "create database metal");
  const url = cluster.url("metal");
  [one, other] = await Promise.all([startReplica(url), startReplica(url)]);
  store = await openPostgresStore({ url });
}, 60_000);
beforeEach(async () => {
  places += 1;
  history = await prepare(one, places);
});
afterAll(async () => {
  await Promise.all([one.remove(), other.remove()]);
  await store.close();
  await cluster.remove();
}, 60_000);

/** The status of a call with these headers. */
async function call(replica: Replica, headers: Record<string, string>, request: string) {
  const [method = "", body = ""] = request.split(" ");
  const url = `${replica.url}/metal.v1.PartitionService/${method}`;
  const type = { "content-type": "application/json" };
  return (await fetch(url, { method: "POST", headers: { ...headers, ...type }, body })).status;
}

test("a signature that one server has seen is used at the other one too", async () => {
  const create = signature();
  expect(await call(one, create, 'Create {"partition":{"id":"a"}}')).toBe(200);
  expect(await call(other, create, 'Create {"partition":{"id":"b"}}')).toBe(401);
  expect(await call(other, create, 'Get {"id":"a"}')).toBe(401);
  // HTTP clients send a read again on their own, to whoever answers; but never another one.
  const get = signature();
  expect(await call(other, get, 'Get {"id":"a"}')).toBe(200);
  expect(await call(one, get, 'Get {"id":"a"}')).toBe(200);
  expect(await call(one, get, 'Get {"id":"counter-1"}')).toBe(401);
  const raced = signature();
  const create2 = 'Create {"partition":{"id":"c"}}';
  const statuses = await Promise.all([one, other, one, other].map((r) => call(r, raced, create2)));
  expect(statuses.toSorted((a, b) => a - b)).toEqual([200, 401, 401, 401]);
});

test("of two who want the same address from different servers at the same moment, one has it", async () => {
  for (let round = 1; round <= 10; round += 1) {
    const { network: networkId, project: projectId } = history.place;
    const ip = { id: `10.0.${places}.${round}`, networkId, projectId };
    const wishes = [one, other].map((replica) => replica.client(IPService).allocate({ ip }));
    const outcomes = await Promise.allSettled(wishes);
    const lost = outcomes.filter((outcome) => outcome.status === "rejected");
    expect(lost).toMatchObject([{ reason: { code: Code.AlreadyExists } }]);
  }
  expect(await brokenPromises(store, history)).toEqual([]);
});

test("a server stopped in the middle of its work keeps others waiting for seconds, and changes nothing later", async () => {
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
}, 90_000);

test("one of two is killed again and again under load", async () => {
  const callers = [
    startCallers(history, { name: "stays", replica: one }),
    startCallers(history, { name: "dies", replica: other }),
  ];
  for (let round = 0; round < 3; round += 1) {
    await pause(300 + Math.random() * 700);
    await other.end("SIGKILL");
    await untilNextSuccess(history, "stays");
    await other.start();
    await untilNextSuccess(history, "dies");
  }
  await Promise.all(callers.map((each) => each.stop()));
  expect(await brokenPromises(store, history)).toEqual([]);
  expect(history.faults("stays")).toEqual([]);
}, 90_000);
