import { expect, test } from "@jest/globals";
import { createRouterTransport, createClient } from "@connectrpc/connect";
import { HealthService, HealthStatus } from "../../gen/metal/v1/health_pb.ts";
import { type HealthChecks, healthService } from "../../src/services/health.ts";
import { startWorld } from "../world/server.ts";

const { HEALTHY, UNHEALTHY } = HealthStatus;

const ask = (checks: HealthChecks) =>
  createClient(
    HealthService,
    createRouterTransport((router) => router.service(HealthService, healthService(checks))),
  ).get({});

test("a server is healthy when all of its parts are", async () => {
  const answer = await ask({ store: async () => {}, other: async () => {} });
  expect(answer.status).toBe(HEALTHY);
});

test("one part that fails makes the server unhealthy, and why is not told", async () => {
  const fails = () => Promise.reject(new Error("password=secret"));
  const { status, components } = await ask({ store: fails, other: async () => {} });
  expect(status).toBe(UNHEALTHY);
  expect(components.map((part) => [part.name, part.status])).toEqual([
    ["store", UNHEALTHY],
    ["other", HEALTHY],
  ]);
  expect(JSON.stringify(components)).not.toContain("secret");
});

test("a part that does not answer is unhealthy", async () => {
  const { status } = await ask({ store: () => new Promise(() => {}) });
  expect(status).toBe(UNHEALTHY);
});

test("a running server reports its store to anybody", async () => {
  const world = await startWorld();
  const answer = await world.client(HealthService, "anonymous").get({});
  await world.close();
  expect(answer.components).toMatchObject([{ name: "store", status: HEALTHY }]);
});
