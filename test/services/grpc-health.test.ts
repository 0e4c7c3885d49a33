// gRPC's health protocol, through a real server with the clients of both protocols.
import { getEventListeners } from "node:events";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { create } from "@bufbuild/protobuf";
import { type Client, Code, ConnectError, createClient } from "@connectrpc/connect";
import { connectNodeAdapter, createGrpcTransport } from "@connectrpc/connect-node";
import {
  Health,
  HealthCheckRequestSchema,
  HealthCheckResponse_ServingStatus as Status,
} from "../../gen/grpc/health/v1/health_pb.ts";
import { createHttpServer, type HttpServer } from "../../src/http/one-port.ts";
import { grpcHealthService } from "../../src/services/grpc-health.ts";
import { createHealthState, type HealthState } from "../../src/services/health-state.ts";
import { until } from "../world/until.ts";

const watchLimit = 3;
let server: HttpServer;
let client: Client<typeof Health>;
let state: HealthState;
let shutdown: AbortController;
/** How many subscriptions nobody has ended. */
let subscriptions: { open: number };

beforeEach(async () => {
  state = createHealthState();
  const count = { open: 0 };
  subscriptions = count;
  shutdown = new AbortController();
  const counted: HealthState = {
    ...state,
    subscribe(wake) {
      count.open += 1;
      const unsubscribe = state.subscribe(wake);
      return () => {
        count.open -= 1;
        unsubscribe();
      };
    },
  };
  server = createHttpServer({
    listener: connectNodeAdapter({
      routes: (router) => router.service(Health, grpcHealthService(counted, watchLimit)),
      shutdownSignal: shutdown.signal,
    }),
  });
  const { port } = await server.listen("127.0.0.1", 0);
  client = createClient(Health, createGrpcTransport({ baseUrl: `http://127.0.0.1:${port}` }));
});

afterEach(() => server.close(0));

describe("Check", () => {
  test("the server itself is UNKNOWN until somebody knows", async () => {
    expect(await client.check({})).toMatchObject({ status: Status.UNKNOWN });
    state.set("", Status.SERVING);
    expect(await client.check({})).toMatchObject({ status: Status.SERVING });
  });

  test("a service has its own status", async () => {
    state.set("metal.v1.IPService", Status.NOT_SERVING);
    expect(await client.check({ service: "metal.v1.IPService" })).toMatchObject({
      status: Status.NOT_SERVING,
    });
  });

  test("the name of a service that does not exist is quoted, but not in any length", async () => {
    const answer = client.check({ service: "x".repeat(20_000) });
    await expect(answer).rejects.toMatchObject({ rawMessage: `no service "${"x".repeat(100)}"` });
  });

  test.each(["metal.v1.Nothing", "__proto__", "constructor"])(
    "there is no service %p",
    async (service) => {
      await expect(client.check({ service })).rejects.toMatchObject({
        code: Code.NotFound,
        rawMessage: `no service "${service}"`,
      });
    },
  );
});

test("List shows every service with its status", async () => {
  state.set("", Status.SERVING);
  state.set("a", Status.NOT_SERVING);
  expect((await client.list({})).statuses).toMatchObject({
    "": { status: Status.SERVING },
    a: { status: Status.NOT_SERVING },
  });
});

describe("Watch", () => {
  /** Reads a watch; ends it with `stop`. */
  function watch(service: string) {
    const abort = new AbortController();
    const answers = client.watch({ service }, { signal: abort.signal })[Symbol.asyncIterator]();
    return {
      next: async (): Promise<Status | undefined> => (await answers.next()).value?.status,
      failure: () =>
        answers.next().then(
          () => undefined,
          (error: unknown) => ConnectError.from(error),
        ),
      async stop() {
        abort.abort();
        await answers.next().catch(() => {});
      },
    };
  }

  /** Waits until the server holds `count` subscriptions. */
  const untilSubscribed = (count: number) => until(() => subscriptions.open === count);

  test("tells the status at once, and then every change, but nothing twice", async () => {
    state.set("a", Status.SERVING);
    const a = watch("a");
    expect(await a.next()).toBe(Status.SERVING);
    state.set("b", Status.SERVING);
    state.set("a", Status.SERVING);
    state.set("a", Status.NOT_SERVING);
    expect(await a.next()).toBe(Status.NOT_SERVING);
    await a.stop();
  });

  test("reports a service that does not exist, and goes on until it does", async () => {
    const late = watch("late");
    expect(await late.next()).toBe(Status.SERVICE_UNKNOWN);
    state.set("late", Status.SERVING);
    expect(await late.next()).toBe(Status.SERVING);
    await late.stop();
  });

  test("ends with the server, which says that it is unavailable", async () => {
    const ending = watch("");
    await ending.next();
    shutdown.abort(new ConnectError("the server is shutting down", Code.Unavailable));
    expect(await ending.failure()).toMatchObject({ code: Code.Unavailable });
    await server.close(60_000);
    expect(subscriptions.open).toBe(0);
  });

  test("is refused above the limit, and allowed again when another has ended", async () => {
    const running = Array.from({ length: watchLimit }, () => watch(""));
    await Promise.all(running.map((one) => one.next()));
    expect(await watch("").failure()).toMatchObject({ code: Code.ResourceExhausted });
    await running[0]?.stop();
    await untilSubscribed(watchLimit - 1);
    const another = watch("");
    expect(await another.next()).toBe(Status.UNKNOWN);
    await Promise.all([another, ...running].map((one) => one.stop()));
    await untilSubscribed(0);
  });
});

test("a watch that is left leaves no listener behind", async () => {
  const { signal } = shutdown;
  const service = grpcHealthService(state);
  const left = service.watch(create(HealthCheckRequestSchema), { signal });
  await left.next();
  expect(getEventListeners(signal, "abort")).toHaveLength(1);
  await left.return(undefined);
  expect(getEventListeners(signal, "abort")).toHaveLength(0);
});
