// Two servers under load, and the primary of their PostgreSQL is lost for good: a standby that has every commit takes
// over, and the address follows it.
import { setTimeout as pause } from "node:timers/promises";
import { Code } from "@connectrpc/connect";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { PartitionService } from "../../gen/metal/v1/partition_pb.ts";
import { openPostgresStore } from "../../src/store/postgres.ts";
import { type Cluster, startCluster } from "../postgres/cluster.ts";
import { brokenPromises, type History, prepare, startCallers, untilNextSuccess } from "./load.ts";
import { openProxy, type Proxy } from "./proxy.ts";
import { type Replica, startReplica } from "./replica.ts";

let primary: Cluster;
let standby: Cluster;
let address: Proxy;
let replicas: [Replica, Replica];
let history: History;

beforeAll(async () => {
  primary = await startCluster({ durable: true });
  await primary.query("postgres", "create database metal");
  standby = await primary.standby();
  const url = primary.url("metal");
  address = await openProxy(url);
  const way = address.through(url);
  replicas = await Promise.all([startReplica(way), startReplica(way)]);
  history = await prepare(replicas[0], 1);
}, 60_000);
afterAll(async () => {
  await Promise.all(replicas.map((replica) => replica.remove()));
  await address.close();
  await standby.remove();
  await primary.remove();
}, 60_000);

test("an address that leads to a standby for a while is no place to read from: what is there may be old", async () => {
  address.leadTo(standby.url("metal"));
  for (const replica of replicas) {
    const reading = replica.client(PartitionService).list({});
    await expect(reading).rejects.toMatchObject({ code: Code.Unavailable });
    expect(await replica.probe("/readyz")).toBe(503);
  }
  address.leadTo(primary.url("metal"));
  for (const replica of replicas)
    expect(await replica.client(PartitionService).list({})).toMatchObject({ partitions: [{}] });
});

test("the primary is lost under load, and a standby takes over", async () => {
  const callers = replicas.map((replica) =>
    startCallers(history, { name: "caller", replica, callers: 2 }),
  );
  await untilNextSuccess(history, "caller");
  await pause(Math.random() * 700);
  await primary.stop("immediate");
  // Sessions that come too early find a database that only reads.
  address.leadTo(standby.url("metal"));
  expect(await replicas[0].probe("/healthz")).toBe(200);
  await standby.promote();
  await untilNextSuccess(history, "caller");
  await untilNextSuccess(history, "caller");
  await Promise.all(callers.map((each) => each.stop()));
  const store = await openPostgresStore({ url: standby.url("metal") });
  expect(await brokenPromises(store, history)).toEqual([]);
  await store.close();
  for (const fault of history.faults("caller")) expect(fault).toBe("Unavailable");
  for (const replica of replicas) expect(await replica.probe("/readyz")).toBe(200);
}, 90_000);
