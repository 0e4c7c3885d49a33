// How calls end, as metrics, log and traces are told: every outcome once, over every protocol, and none of them open
// for ever.
import { afterEach, describe, expect, test } from "@jest/globals";
import { InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace";
import { ConnectError, createClient } from "@connectrpc/connect";
import { ErrorInfoSchema } from "../../gen/google/rpc/error_details_pb.ts";
import { Health } from "../../gen/grpc/health/v1/health_pb.ts";
import { AuditService } from "../../gen/metal/v1/audit_pb.ts";
import { TenantService } from "../../gen/metal/v1/tenant_pb.ts";
import { accessLog } from "../../src/observe/access-log.ts";
import { createMetrics, type Metrics } from "../../src/observe/metrics.ts";
import { createTraces } from "../../src/observe/trace-provider.ts";
import { createTracing } from "../../src/observe/tracing.ts";
import { ask, openHttp2 } from "../http/raw.ts";
import { failure } from "../world/failure.ts";
import { type Caller, credentials, protocols, startWorld, type World } from "../world/server.ts";
import { until } from "../world/until.ts";

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()));
});

interface Watched {
  readonly world: World;
  readonly metrics: Metrics;
  readonly lines: Line[];
  readonly spans: InMemorySpanExporter;
  /** The values of a metric by its labels. */
  readonly values: (name: string) => Promise<Record<string, number>>;
}

interface Line extends Readonly<Record<string, unknown>> {
  readonly level: string;
}

async function start(): Promise<Watched> {
  const metrics = createMetrics();
  const lines: Line[] = [];
  const write = (level: string) => (fields: object) => void lines.push({ level, ...fields });
  const spans = new InMemorySpanExporter();
  const traces = createTraces([new SimpleSpanProcessor({ exporter: spans })], "0");
  const { interceptor: tracing, observer } = createTracing(traces.startTrace);
  const log = accessLog({ debug: write("debug"), info: write("info") });
  const world = await startWorld({ observers: [metrics.observer, log, observer], tracing });
  stops.push(
    () => world.close(),
    () => traces.stop(),
  );
  const values = async (name: string) => readMetric(await metrics.text(), name);
  return { world, metrics, lines, spans, values };
}

/** "{a="b"}" or "" to the number behind it. */
function readMetric(text: string, name: string): Record<string, number> {
  const lines = text.split("\n").filter((line) => line.startsWith(name) && !line.startsWith("#"));
  const pairs = lines
    .map((line) => line.slice(name.length).split(" "))
    .filter(([labels = ""]) => labels === "" || labels.startsWith("{"))
    .map(([labels = "", value]) => [labels.replaceAll('"', ""), Number(value)] as const);
  return Object.fromEntries(pairs);
}

const create = (world: World, caller: Caller, id: string) =>
  failure(world.client(TenantService, caller).create({ tenant: { meta: { id }, name: "n" } }));

test.each(protocols)(
  "over %s every outcome is counted with its code and its reason",
  async (protocol) => {
    const { world, values } = await start();
    const tenants = (caller: Caller) =>
      createClient(TenantService, world.transport(caller, { protocol }));
    const tenant = { meta: { id: "a" }, name: "n" };
    await tenants("admin").create({ tenant });
    await failure(tenants("admin").create({ tenant }));
    await failure(tenants("view").create({ tenant }));
    await failure(tenants("bad").create({ tenant }));
    await failure(tenants("anonymous").create({ tenant }));
    await failure(tenants("admin").create({ tenant: { meta: { id: "?" } } }));
    const at = (code: string) => `{procedure=metal.v1.TenantService/Create,code=${code}}`;
    expect(await values("metal_calls_total")).toEqual({
      [at("ok")]: 1,
      [at("already_exists")]: 1,
      [at("permission_denied")]: 1,
      [at("unauthenticated")]: 2,
      [at("invalid_argument")]: 1,
    });
    expect(await values("metal_refusals_total")).toEqual({
      "{reason=ROLE_TOO_LOW}": 1,
      "{reason=BAD_CREDENTIAL}": 1,
      "{reason=NO_CREDENTIAL}": 1,
    });
    expect(await values("metal_call_seconds_count")).toEqual({
      "{procedure=metal.v1.TenantService/Create}": 3,
    });
    expect(await values("metal_open_calls")).toEqual({ "{kind=unary}": 0 });
  },
);

test("a message that cannot be read is counted, and was never open", async () => {
  const { world, values } = await start();
  const session = await openHttp2(Number(new URL(world.url).port));
  const path = "/metal.v1.TenantService/Create";
  await ask(session, path, { headers: credentials("admin", "POST"), body: "{" });
  session.destroy();
  expect(await values("metal_calls_total")).toEqual({
    "{procedure=metal.v1.TenantService/Create,code=invalid_argument}": 1,
  });
  expect(await values("metal_open_calls")).toEqual({});
});

describe("a stream", () => {
  test("is open as long as it runs, and cancelled when it is left", async () => {
    const { world, values } = await start();
    const controller = new AbortController();
    const { signal } = controller;
    const messages = world.client(Health, "view").watch({}, { signal })[Symbol.asyncIterator]();
    await messages.next();
    expect(await values("metal_open_calls")).toEqual({ "{kind=server_streaming}": 1 });
    expect(await values("metal_calls_total")).toEqual({});
    controller.abort();
    await messages.next().catch(() => {});
    const open = async () => (await values("metal_open_calls"))["{kind=server_streaming}"];
    await until(async () => (await open()) === 0);
    expect(await values("metal_calls_total")).toEqual({
      "{procedure=grpc.health.v1.Health/Watch,code=canceled}": 1,
    });
    expect(await values("metal_call_seconds_count")).toEqual({});
  });
});

describe("the access log", () => {
  test("tells changes and failures of known callers, and keeps quiet about the rest", async () => {
    const { world, lines } = await start();
    await create(world, "admin", "a");
    await create(world, "view", "b");
    await create(world, "anonymous", "c");
    await world.client(TenantService, "view").get({ id: "a" });
    const common = { protocol: "connect", peer: expect.stringMatching(/^127\.0\.0\.1:\d+$/) };
    const procedure = "metal.v1.TenantService/Create";
    expect(lines).toMatchObject([
      { level: "info", procedure, code: "ok", principal: "hmac:Metal-Admin", ...common },
      { level: "info", code: "permission_denied", reason: "ROLE_TOO_LOW", ...common },
      { level: "debug", code: "unauthenticated", reason: "NO_CREDENTIAL", ...common },
      { level: "debug", procedure: "metal.v1.TenantService/Get", code: "ok", ...common },
    ]);
    expect(lines.every(({ traceId }) => /^[0-9a-f]{32}$/.test(String(traceId)))).toBe(true);
  });

  test("has neither messages nor headers", async () => {
    const { world, lines } = await start();
    const marker = "marker-of-the-test";
    await failure(world.client(TenantService, "admin").get({ id: marker }));
    await create(world, "bad", marker);
    expect(lines).toHaveLength(2);
    expect(JSON.stringify(lines)).not.toContain(marker);
    expect(JSON.stringify(lines)).not.toMatch(/authorization|x-data-salt/i);
  });
});

describe("traces", () => {
  const finished = ({ spans }: Watched) => spans.getFinishedSpans();

  test("have the id that a refusal shows and the audit keeps", async () => {
    const watched = await start();
    const tenants = watched.world.client(TenantService, "view");
    const refused = await tenants.create({}).catch((error: unknown) => ConnectError.from(error));
    if (!(refused instanceof ConnectError)) throw new Error("not refused");
    const id = refused.findDetails(ErrorInfoSchema)[0]?.metadata["trace_id"];
    const [span] = finished(watched);
    expect(span?.spanContext().traceId).toBe(id);
    expect(span).toMatchObject({
      name: "metal.v1.TenantService/Create",
      parentSpanContext: undefined,
      attributes: {
        "rpc.service": "metal.v1.TenantService",
        "rpc.method": "Create",
        "enduser.id": "hmac:Metal-View",
        "metal.refusal": "ROLE_TOO_LOW",
        "client.address": "127.0.0.1",
      },
      status: { code: 2, message: "permission_denied" },
    });
    const audit = watched.world.client(AuditService, "view");
    expect((await audit.get({ traceId: id ?? "" })).record?.decision).toBe("ROLE_TOO_LOW");
  });

  test("are one span for a call that was handled, which is as long as the call", async () => {
    const watched = await start();
    await create(watched.world, "admin", "a");
    const [span, ...more] = finished(watched);
    expect(more).toEqual([]);
    expect(span).toMatchObject({ status: { code: 0 }, ended: true, kind: 1 });
  });

  test.each([
    ["a trace of the client", "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01", 1],
    ["no trace", "", 0],
    ["an id of zeros", "00-00000000000000000000000000000000-0123456789abcdef-01", 0],
    ["another version", "01-0123456789abcdef0123456789abcdef-0123456789abcdef-01", 0],
    ["nonsense", "x".repeat(55), 0],
  ])("%s is linked at most, never joined", async (_, traceparent, links) => {
    const watched = await start();
    const headers = { traceparent };
    await watched.world.client(TenantService, "view").list({}, { headers });
    const [span] = finished(watched);
    expect(span?.links).toHaveLength(links);
    expect(span?.parentSpanContext).toBeUndefined();
    expect(span?.spanContext().traceId).not.toBe(traceparent.split("-")[1]);
  });
});
