// Rates through a whole server: who is slowed by what, what the caller is told, and who is not.
import { once } from "node:events";
import { constants } from "node:http2";
import { afterEach, describe, expect, test } from "@jest/globals";
import { Code, ConnectError, createClient, type Interceptor } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { ErrorInfoSchema, RetryInfoSchema } from "../../gen/google/rpc/error_details_pb.ts";
import { Health } from "../../gen/grpc/health/v1/health_pb.ts";
import { AccessService } from "../../gen/metal/v1/access_pb.ts";
import { AuditService } from "../../gen/metal/v1/audit_pb.ts";
import { VersionService } from "../../gen/metal/v1/version_pb.ts";
import { createProxies } from "../../src/http/proxy.ts";
import type { AdmissionRates } from "../../src/limit/admission.ts";
import { preface } from "../http/frames.ts";
import { ask, open, openHttp2 } from "../http/raw.ts";
import {
  type Caller,
  credentials,
  type Protocol,
  protocols,
  startWorld,
  type World,
} from "../world/server.ts";
import { until } from "../world/until.ts";

const worlds: World[] = [];
/** So slow that nothing comes back within a test. */
const rate = (burst: number) => ({ perSecond: 0.01, burst });

async function start(rates: AdmissionRates, inFlight = {}): Promise<World> {
  const loopback = { address: "127.0.0.0", prefix: 8 };
  // The test is the proxy of its own calls.
  const port = { proxies: createProxies([loopback]), inFlight };
  const world = await startWorld({ rates, port });
  worlds.push(world);
  return world;
}

afterEach(async () => {
  await Promise.all(worlds.splice(0).map((world) => world.close()));
});

/** Clients at this address. */
function from(world: World, address: string, caller: Caller) {
  const send: Interceptor = (next) => (request) => {
    request.header.set("x-forwarded-for", address);
    for (const [name, value] of Object.entries(credentials(caller, "POST")))
      request.header.set(name, value);
    return next(request);
  };
  const transport = createConnectTransport({
    baseUrl: world.url,
    httpVersion: "2",
    interceptors: [send],
  });
  return createClient(AccessService, transport);
}

const word = async (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => "ok",
    (error: unknown) => {
      const found = ConnectError.from(error);
      return found.findDetails(ErrorInfoSchema)[0]?.reason ?? Code[found.code];
    },
  );

async function words(count: number, call: () => Promise<unknown>): Promise<string[]> {
  const said: string[] = [];
  for (let at = 0; at < count; at += 1) said.push(await word(call()));
  return said;
}

describe("a source", () => {
  test("whose callers are not known is slowed, and no other", async () => {
    const world = await start({ strangers: rate(2) });
    const stranger = from(world, "192.0.2.1", "anonymous");
    expect(await words(3, () => stranger.whoAmI({}))).toEqual([
      "NO_CREDENTIAL",
      "NO_CREDENTIAL",
      "RATE_LIMITED",
    ]);
    const another = from(world, "192.0.2.2", "anonymous");
    expect(await word(another.whoAmI({}))).toBe("NO_CREDENTIAL");
  });

  test("whose callers are known is not", async () => {
    const world = await start({ strangers: rate(2) });
    const known = from(world, "192.0.2.1", "view");
    expect(await words(5, () => known.whoAmI({}))).toEqual(Array(5).fill("ok"));
  });

  test("of IPv6 is a network", async () => {
    const world = await start({ strangers: rate(1) });
    const addresses = ["2001:db8::1", "2001:db8::2", "2001:db8:0:1::1"];
    const said = addresses.map((address) => word(from(world, address, "anonymous").whoAmI({})));
    expect((await Promise.all(said)).toSorted()).toEqual([
      "NO_CREDENTIAL",
      "NO_CREDENTIAL",
      "RATE_LIMITED",
    ]);
  });
});

describe("failed logins", () => {
  test("slow the source, which is not looked at any more, and not the user", async () => {
    const world = await start({ failedLogins: rate(3) });
    const bad = from(world, "192.0.2.1", "bad");
    expect(await words(4, () => bad.whoAmI({}))).toEqual([
      "BAD_CREDENTIAL",
      "BAD_CREDENTIAL",
      "BAD_CREDENTIAL",
      "RATE_LIMITED",
    ]);
    expect(await word(from(world, "192.0.2.1", "admin").whoAmI({}))).toBe("RATE_LIMITED");
    expect(await word(from(world, "192.0.2.2", "admin").whoAmI({}))).toBe("ok");
  });

  test("leave what is public to those who present nothing", async () => {
    const world = await start({ failedLogins: rate(1) });
    await words(2, () => from(world, "127.0.0.1", "bad").whoAmI({}));
    expect(await word(world.client(VersionService, "anonymous").get({}))).toBe("ok");
    expect(await word(world.client(VersionService, "view").get({}))).toBe("RATE_LIMITED");
  });

  test("are no successful ones, however many", async () => {
    const world = await start({ failedLogins: rate(1) });
    const known = from(world, "192.0.2.1", "view");
    expect(await words(4, () => known.whoAmI({}))).toEqual(Array(4).fill("ok"));
  });
});

test("a caller is slowed wherever it calls from, and no other", async () => {
  const world = await start({ principal: rate(2) });
  const at = (address: string, caller: Caller) => word(from(world, address, caller).whoAmI({}));
  expect(await at("192.0.2.1", "view")).toBe("ok");
  expect(await at("192.0.2.2", "view")).toBe("ok");
  expect(await at("192.0.2.3", "view")).toBe("RATE_LIMITED");
  expect(await at("192.0.2.3", "edit")).toBe("ok");
});

test.each<Protocol>([...protocols])(
  "over %s the caller is told when to come again",
  async (protocol) => {
    const world = await start({ principal: { perSecond: 0.1, burst: 1 } });
    const access = createClient(AccessService, world.transport("view", { protocol }));
    await access.whoAmI({});
    const error = await access.whoAmI({}).catch((reason: unknown) => ConnectError.from(reason));
    if (!(error instanceof ConnectError)) throw new Error("the call did not fail");
    expect(error.code).toBe(Code.ResourceExhausted);
    expect(error.rawMessage).toMatch(/^too many calls, try again in (9|10) s$/);
    const [retry] = error.findDetails(RetryInfoSchema);
    expect(Number(retry?.retryDelay?.seconds)).toBe(9);
    expect(error.metadata.get("retry-after")).toMatch(/^(9|10)$/);
    expect(Number(error.metadata.get("grpc-retry-pushback-ms"))).toBeGreaterThan(9000);
  },
);

test("who comes when it was told to is let in", async () => {
  const world = await start({ principal: { perSecond: 5, burst: 1 } });
  const access = world.client(AccessService, "view");
  const both = await Promise.all([1, 2].map(() => word(access.whoAmI({}))));
  expect(both.toSorted()).toEqual(["RATE_LIMITED", "ok"]);
  await until(async () => (await word(access.whoAmI({}))) === "ok");
});

describe("open calls", () => {
  test("of one caller are bounded, streams included, and end with the connection", async () => {
    const world = await start({}, { callsPerPrincipal: 2 });
    const controller = new AbortController();
    const watches = [1, 2].map(() => watch(world, "view", controller.signal));
    await Promise.all(watches);
    expect(await word(world.client(AccessService, "view").whoAmI({}))).toBe("RATE_LIMITED");
    expect(await word(world.client(AccessService, "edit").whoAmI({}))).toBe("ok");
    controller.abort();
    const access = world.client(AccessService, "view");
    await until(async () => (await word(access.whoAmI({}))) === "ok");
  });

  test("of strangers are bounded, and those above are not looked at", async () => {
    const world = await start({}, { strangersPerSource: 2 });
    const controller = new AbortController();
    await Promise.all([1, 2].map(() => watch(world, "anonymous", controller.signal)));
    const session = await openHttp2(Number(new URL(world.url).port));
    const { reset } = await ask(session, "/metal.v1.VersionService/Get");
    expect(reset).toBe(constants.NGHTTP2_REFUSED_STREAM);
    session.destroy();
    const { status } = await fetch(`${world.url}/metal.v1.VersionService/Get`, { method: "POST" });
    expect(status).toBe(503);
    expect((await fetch(`${world.url}/readyz`)).status).toBe(200);
    controller.abort();
    const versions = world.client(VersionService, "anonymous");
    await until(async () => (await word(versions.get({}))) === "ok");
  });
});

test("a source with too many open calls is kept out before it costs anything, probes excepted", async () => {
  const world = await startWorld({ port: { inFlight: { strangersPerSource: 1 } } });
  worlds.push(world);
  const controller = new AbortController();
  await watch(world, "anonymous", controller.signal);
  const socket = await open(Number(new URL(world.url).port));
  socket.resume().write(preface);
  await once(socket, "close");
  expect((await fetch(`${world.url}/readyz`)).status).toBe(200);
  controller.abort();
});

/** Resolves when the stream is open. */
async function watch(world: World, caller: Caller, signal: AbortSignal): Promise<void> {
  const messages = world.client(Health, caller).watch({}, { signal })[Symbol.asyncIterator]();
  await messages.next();
  void messages.next().catch(() => {});
}

test("what is refused is recorded with its kind, and a flood of it in a few records", async () => {
  const world = await start({ strangers: rate(5) });
  const stranger = from(world, "192.0.2.1", "anonymous");
  const began = performance.now();
  await Promise.all(Array.from({ length: 200 }, () => word(stranger.whoAmI({}))));
  const seconds = Math.ceil((performance.now() - began) / 1000);
  const limited = async () => {
    const { records } = await world.client(AuditService, "admin").list({ pageSize: 1000 });
    return records.filter(({ decision }) => decision === "RATE_LIMITED");
  };
  await until(async () => standFor(await limited()) === 195);
  const records = await limited();
  // Twenty in each second, and one for the others.
  expect(records.length).toBeLessThanOrEqual((seconds + 1) * 21);
  expect(records.every(({ peer }) => peer === "192.0.2.1 via 127.0.0.1")).toBe(true);
  expect(records.every(({ detail }) => detail.startsWith("source"))).toBe(true);
});

/** How many refusals these records tell of. */
function standFor(records: readonly { readonly detail: string }[]): number {
  const counts = records.map(({ detail }) => Number(/stands for (\d+)/.exec(detail)?.[1] ?? 1));
  return counts.reduce((sum, count) => sum + count, 0);
}
