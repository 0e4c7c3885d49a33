// A real process with two workers on one PostgreSQL: one port, one entry in the log, metrics of both, and a worker that
// is killed comes back.
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type Cluster, startCluster } from "../postgres/cluster.ts";
import { type RunningServer, runServer, startServer } from "./process.ts";

let cluster: Cluster;
let server: RunningServer;
let settings: readonly string[];

beforeAll(async () => {
  cluster = await startCluster({ durable: true });
  await cluster.query("postgres", "create database metal");
  const key = randomBytes(32).toString("base64");
  settings = ["--workers", "2", "--database-url", cluster.url("metal"), "--secrets-key", key];
  server = await startServer([...settings, "--metrics-listen", "127.0.0.1:0"]);
}, 60_000);
afterAll(async () => {
  await server.remove();
  await cluster.remove();
}, 60_000);

const workers = () => execFileSync("pgrep", ["-P", `${server.pid}`], { encoding: "utf8" });

/** On a connection of its own, so that the workers take turns. */
async function health(): Promise<number> {
  const answer = await fetch(`${server.url}/metal.v1.HealthService/Get`, {
    method: "POST",
    headers: { "content-type": "application/json", connection: "close" },
    body: "{}",
  });
  return answer.status;
}

const calls = /^metal_calls_total\{procedure="metal.v1.HealthService\/Get",code="ok"\} (\d+)$/m;

async function untilReady(status: number): Promise<void> {
  while ((await fetch(`${server.metricsUrl}/readyz`)).status !== status) await pause(50);
}

test("the metrics are those of all workers together", async () => {
  for (let call = 0; call < 6; call += 1) expect(await health()).toBe(200);
  const text = await (await fetch(`${server.metricsUrl}/metrics`)).text();
  expect(calls.exec(text)?.[1]).toBe("6");
});

test("the keys of the first start are known to every worker, and written once", () => {
  expect(Object.keys(server.keys).toSorted()).toEqual(["Metal-Admin", "Metal-Edit", "Metal-View"]);
});

test("a worker that is killed is started again, and the other one goes on", async () => {
  await untilReady(200);
  const before = workers().trim().split("\n");
  process.kill(Number(before[0]), "SIGKILL");
  await untilReady(503);
  expect(await health()).toBe(200);
  await untilReady(200);
  const after = workers().trim().split("\n");
  expect(after.length).toBe(2);
  expect(after).toContain(before[1]);
});

test("what keeps the first worker from starting ends all, and is said once", async () => {
  const taken = ["--listen", new URL(server.url).host, "--data", server.data];
  const { code, stderr } = await runServer([...settings, ...taken]);
  expect(code).toBe(2);
  expect(stderr.match(/does not start/g)?.length).toBe(1);
  expect(stderr).toContain("is taken");
});

test("a signal ends all workers, and then the process", async () => {
  expect(await server.end("SIGTERM")).toBe(0);
  await expect(health()).rejects.toThrow();
});
