// What a process shows on its port for metrics, and where it sends traces.
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { VersionService } from "../gen/metal/v1/version_pb.ts";
import { type App, createApp } from "../src/app.ts";
import { type Observability, startObservability } from "../src/observability.ts";
import { silent, users } from "./world/server.ts";
import { openTestStore } from "./world/store.ts";

let observability: Observability | undefined;
let app: App | undefined;
let collector: Server | undefined;
const before = process.env["OTEL_EXPORTER_OTLP_ENDPOINT"];

beforeEach(() => {
  delete process.env["OTEL_EXPORTER_OTLP_ENDPOINT"];
});
afterEach(async () => {
  await app?.close(0);
  await observability?.stop();
  collector?.close();
  [observability, app, collector] = [undefined, undefined, undefined];
  if (before !== undefined) process.env["OTEL_EXPORTER_OTLP_ENDPOINT"] = before;
});

async function start(metrics: boolean) {
  const config = { "metrics-listen": metrics ? { host: "127.0.0.1", port: 0 } : undefined };
  const options = { config, environment: process.env, version: "1", log: silent };
  observability = await startObservability(options);
  app = await createApp({
    store: observability.watchStore(await openTestStore()),
    users: Object.values(users),
    issuers: [],
    providerTenant: "metal",
    version: "1",
    log: silent,
    ...observability.options,
  });
  const { port } = await app.listen("127.0.0.1", 0);
  const address = await observability.listen(app, () => 5_000);
  return {
    url: `http://127.0.0.1:${port}`,
    metricsUrl: `http://127.0.0.1:${address?.port}`,
    address,
  };
}

const call = (url: string) =>
  fetch(`${url}/${VersionService.typeName}/Get`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: "{}",
  });

test("a port of its own shows figures of calls, store, audit, process and certificate", async () => {
  const { url, metricsUrl } = await start(true);
  expect((await call(url)).status).toBe(200);
  await fetch(`${metricsUrl}/readyz`);
  const answer = await fetch(`${metricsUrl}/metrics`);
  expect(answer.headers.get("content-type")).toMatch(/^text\/plain; version=0\.0\.4/);
  const text = await answer.text();
  expect(text).toContain('metal_calls_total{procedure="metal.v1.VersionService/Get",code="ok"} 1');
  expect(text).toMatch(/metal_store_seconds_count\{operation="ping"\} [1-9]/);
  expect(text).toContain('metal_open_requests{caller="strangers"} 0');
  expect(text).toContain("metal_audit_waiting 0");
  expect(text).toMatch(/^metal_audit_unsealed [0-9]/m);
  expect(text).toMatch(/^metal_audit_unsealed_seconds [0-9]/m);
  expect(text).toContain("metal_certificate_end_seconds 5");
  expect(text).toContain("process_resident_memory_bytes ");
  expect(text).toContain("nodejs_eventloop_lag_seconds ");
});

test("the same port answers probes, and nothing else", async () => {
  const { metricsUrl } = await start(true);
  const status = async (path: string, method = "GET") =>
    (await fetch(metricsUrl + path, { method })).status;
  expect(await status("/healthz")).toBe(200);
  expect(await status("/readyz")).toBe(200);
  app?.leave();
  expect(await status("/readyz")).toBe(503);
  expect(await status("/healthz")).toBe(200);
  expect(await status("/")).toBe(404);
  expect(await status("/metrics", "POST")).toBe(404);
});

test("the port of the API shows no metrics, and without the setting there is no other", async () => {
  const { url, address } = await start(false);
  expect(address).toBeUndefined();
  expect((await fetch(`${url}/metrics`)).status).toBe(404);
});

test("traces go where the environment says, and nowhere without", async () => {
  const bodies: string[] = [];
  collector = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
    request.on("end", () => {
      bodies.push(`${request.url} ${body}`);
      response.end("{}");
    });
  }).listen(0, "127.0.0.1");
  await once(collector, "listening");
  const { port } = collector.address() as AddressInfo;
  process.env["OTEL_EXPORTER_OTLP_ENDPOINT"] = `http://127.0.0.1:${port}`;
  const { url } = await start(false);
  const answer = await call(url);
  await observability?.stop();
  expect(bodies).toHaveLength(1);
  expect(bodies[0]).toMatch(/^\/v1\/traces \{/);
  expect(bodies[0]).toContain(`"traceId":"${answer.headers.get("trace-id")}"`);
  expect(bodies[0]).toContain('"metal.v1.VersionService/Get"');
});

test("without a collector the SDK is not there at all", async () => {
  await start(false);
  expect(observability?.options.tracing).toBeUndefined();
});
