// One port for both HTTP versions: recognition, limits and the graceful end, with real sockets.
import { once } from "node:events";
import { constants } from "node:http2";
import { connect as connectTo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, describe, expect, test } from "@jest/globals";
import { createClient, type Transport } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import { Health, HealthCheckResponse_ServingStatus } from "../../gen/grpc/health/v1/health_pb.ts";
import { createHttpServer } from "../../src/http/one-port.ts";
import {
  headersFrame,
  preface,
  collectFrames,
  requestHeaders,
  rstStream,
  settings,
} from "./frames.ts";
import { startHealthServer, type TestServer, type TestServerOptions } from "./health-server.ts";
import {
  ask,
  checkOverHttp1,
  checkPath,
  converse,
  expectCuts,
  open,
  openHttp2,
  readAll,
  watchPath,
} from "./raw.ts";

const { SERVING, NOT_SERVING } = HealthCheckResponse_ServingStatus;
const { NGHTTP2_ENHANCE_YOUR_CALM, NGHTTP2_REFUSED_STREAM } = constants;
/** Longer than a test may take: whatever waits for its end fails. */
const graceMs = 600_000;
const servers: TestServer[] = [];

async function start(options?: TestServerOptions): Promise<TestServer> {
  const server = await startHealthServer(options);
  servers.push(server);
  return server;
}

expectCuts();

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close(0)));
});

describe("recognition", () => {
  const transports: ReadonlyArray<readonly [string, (baseUrl: string) => Transport]> = [
    ["Connect over HTTP/1.1", (baseUrl) => createConnectTransport({ baseUrl, httpVersion: "1.1" })],
    ["Connect over HTTP/2", (baseUrl) => createConnectTransport({ baseUrl, httpVersion: "2" })],
    [
      "gRPC-Web over HTTP/1.1",
      (baseUrl) => createGrpcWebTransport({ baseUrl, httpVersion: "1.1" }),
    ],
    ["gRPC over HTTP/2", (baseUrl) => createGrpcTransport({ baseUrl })],
  ];

  test("every protocol is served on the same port", async () => {
    const server = await start();
    for (const [name, transport] of transports) {
      const health = createClient(Health, transport(server.url));
      expect([name, await health.check({ service: name })]).toMatchObject([
        name,
        { status: SERVING },
      ]);
    }
    expect(server.handled).toEqual(transports.map(([name]) => name));
  });

  test("HTTP/1.1 is recognised byte by byte", async () => {
    const server = await start();
    expect(await converse(server.port, ...checkOverHttp1(server.port).split(""))).toMatch(
      /^HTTP\/1.1 200 /,
    );
  });

  test("the HTTP/2 preface is recognised byte by byte, and answered with SETTINGS", async () => {
    const server = await start();
    const socket = await open(server.port);
    socket.setNoDelay(true);
    const frames = collectFrames(socket, settings, 1);
    for (const byte of preface) {
      socket.write(Buffer.of(byte));
      await pause(2);
    }
    expect(await frames).toMatchObject([{ type: settings, stream: 0 }]);
  });

  test("what only begins like the preface is HTTP/1.1", async () => {
    const server = await start();
    const lines = "PROPFIND / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
    expect(await converse(server.port, ...lines.split(""))).toMatch(/^HTTP\/1.1 404 /);
  });

  test("a probe that ends its half with the request is answered", async () => {
    const server = await start();
    const socket = await open(server.port, true);
    const answer = readAll(socket);
    socket.end("GET /healthz HTTP/1.0\r\n\r\n");
    expect(await answer).toMatch(/^HTTP\/1.1 200 .*ok\n$/s);
  });

  test("a connection that says nothing, or too little, is closed", async () => {
    const server = await start({ limits: { headerMs: 50 } });
    expect(await converse(server.port)).toBe("");
    expect(await converse(server.port, "PRI * HTTP/2.0\r\n")).toBe("");
  });

  test("a connection that is closed before its protocol is known disturbs nobody", async () => {
    const server = await start();
    const ended = await open(server.port, true);
    ended.end();
    (await open(server.port)).resetAndDestroy();
    expect(await readAll(ended)).toBe("");
    expect(await converse(server.port, checkOverHttp1(server.port))).toMatch(/^HTTP\/1.1 200 /);
  });
});

describe("limits", () => {
  test("headers that drip in are cut", async () => {
    const server = await start({ limits: { headerMs: 100, checkMs: 20 } });
    const drips = Array.from({ length: 200 }, (_, at) => `x-${at}: drip\r\n`);
    const socket = await open(server.port);
    const received = readAll(socket);
    socket.write(`GET /healthz HTTP/1.1\r\nhost: a\r\n`);
    const timer = setInterval(() => socket.write(drips.pop() ?? ""), 10);
    expect(await received).toMatch(/^HTTP\/1.1 408 /);
    clearInterval(timer);
  });

  test("a body that drips in on HTTP/1.1 is cut after the time for a request", async () => {
    const server = await start({ limits: { headerMs: 50, requestMs: 100, checkMs: 20 } });
    const head = `POST ${checkPath} HTTP/1.1\r\nhost: a\r\ncontent-length: 99\r\n`;
    const answer = await converse(server.port, `${head}content-type: application/json\r\n\r\n{`);
    expect(answer).toMatch(/^HTTP\/1.1 408 /);
  });

  test("more than 16 KiB of headers are 431 on HTTP/1.1", async () => {
    const server = await start();
    const large = `GET /healthz HTTP/1.1\r\nhost: a\r\nx: ${"x".repeat(16 * 1024)}\r\n\r\n`;
    expect(await converse(server.port, large)).toMatch(/^HTTP\/1.1 431 /);
  });

  test("more than 16 KiB of headers are 431 on HTTP/2 as long as the settings are not acknowledged", async () => {
    const server = await start();
    const session = await openHttp2(server.port);
    const large = { headers: { x: "x".repeat(17 * 1024) } };
    expect(await ask(session, checkPath, large)).toMatchObject({ status: 431 });
    expect(await ask(session, checkPath)).toMatchObject({ status: 200 });
    expect(await ask(session, checkPath, large)).toMatchObject({
      reset: NGHTTP2_ENHANCE_YOUR_CALM,
    });
    expect(await ask(session, checkPath)).toMatchObject({ status: 200 });
    expect(server.handled).toHaveLength(2);
    session.destroy();
  });

  test("a peer is told how many streams it may open", async () => {
    const server = await start();
    const session = await openHttp2(server.port);
    await ask(session, checkPath);
    expect(session.remoteSettings).toMatchObject({
      maxConcurrentStreams: 100,
      maxHeaderListSize: 16 * 1024,
    });
    session.destroy();
  });

  test("a peer that does not listen to that gets its surplus streams refused", async () => {
    const server = await start({ limits: { streamsPerConnection: 3 } });
    const socket = await open(server.port);
    const resets = collectFrames(socket, rstStream, 7);
    socket.write(preface);
    for (let at = 0; at < 10; at += 1) {
      socket.write(headersFrame(2 * at + 1, [[":path", watchPath], ...requestHeaders]));
    }
    const codes = (await resets).map(({ code }) => code);
    expect(codes).toEqual(Array(7).fill(NGHTTP2_REFUSED_STREAM));
  });

  test("a connection above the cap is closed at once", async () => {
    const server = await start({ limits: { connections: 1 } });
    const first = await open(server.port);
    expect(await converse(server.port, checkOverHttp1(server.port))).toBe("");
    const answer = readAll(first);
    first.write(checkOverHttp1(server.port));
    expect(await answer).toMatch(/^HTTP\/1.1 200 /);
  });

  test("an HTTP/2 connection without streams is closed, one with a stream is not", async () => {
    const server = await start({ limits: { idleSessionMs: 100, lingerMs: 50 } });
    const idle = await openHttp2(server.port);
    const busy = await openHttp2(server.port);
    const watching = ask(busy, watchPath, {
      headers: { "content-type": "application/grpc+json" },
      body: "\0\0\0\0\x02{}",
    });
    const pings = setInterval(() => !idle.closed && idle.ping(() => {}), 20);
    await once(idle, "close");
    clearInterval(pings);
    await pause(100);
    expect(busy.closed).toBe(false);
    server.release();
    expect(await watching).toMatchObject({ status: 200, trailers: { "grpc-status": "0" } });
    await once(busy, "close");
  });

  test("an HTTP/2 peer that closes its half is gone, whatever it has left open", async () => {
    const server = await start();
    const socket = await open(server.port, true);
    socket.resume().write(preface);
    socket.end(headersFrame(1, [[":path", watchPath], ...requestHeaders]));
    await once(socket, "close");
  });

  test.each([
    ["two ways to measure a body", "content-length: 2\r\ntransfer-encoding: chunked\r\n"],
    ["two lengths", "content-length: 2\r\ncontent-length: 3\r\n"],
    ["a folded header", "content-length: 2\r\nx-one: a\r\n b\r\n"],
    ["a space before the colon", "content-length : 2\r\n"],
    ["an unknown transfer encoding", "transfer-encoding: identity\r\n"],
  ])("a request with %s is refused", async (_name, lines) => {
    const server = await start();
    const head = `POST ${checkPath} HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n`;
    const answer = await converse(server.port, `${head}${lines}\r\n{}`);
    expect(answer).toMatch(/^HTTP\/1.1 400 /);
    expect(server.handled).toEqual([]);
  });
});

describe("the end", () => {
  test.each(["1.1", "2"] as const)(
    "a stream over HTTP/%s that runs may finish",
    async (httpVersion) => {
      const server = await start();
      const transport = createConnectTransport({ baseUrl: server.url, httpVersion });
      const statuses: number[] = [];
      let closing: Promise<void> | undefined;
      for await (const { status } of createClient(Health, transport).watch({})) {
        statuses.push(status);
        closing ??= server.close(graceMs);
        server.release();
      }
      expect(statuses).toEqual([SERVING, NOT_SERVING]);
      await closing;
    },
  );

  test("an HTTP/1.1 call that runs is answered with the news, and one behind it is not begun", async () => {
    const { promise: passed, resolve: pass } = Promise.withResolvers<void>();
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    const server = await start({ gate: () => passed, onRequest: () => begin() });
    const socket = await open(server.port);
    const answers = readAll(socket);
    const call = checkOverHttp1(server.port).replace("connection: close\r\n", "");
    socket.write(call);
    await begun;
    const closing = server.close(graceMs);
    socket.write(call);
    await pause(50);
    pass();
    expect((await answers).match(/^HTTP.*|^connection.*/gim)).toEqual([
      "HTTP/1.1 200 OK",
      "Connection: close",
    ]);
    await closing;
    expect(server.handled).toHaveLength(1);
  });

  test("a request that was on its way is still answered, on HTTP/1.1 as the last one", async () => {
    const server = await start();
    const kept = await open(server.port);
    const session = await openHttp2(server.port);
    await ask(session, checkPath);
    const closing = server.close(graceMs);
    const answer = readAll(kept);
    kept.write(checkOverHttp1(server.port).replace("connection: close\r\n", ""));
    expect(await ask(session, checkPath)).toMatchObject({ status: 200 });
    expect(await answer).toMatch(/^HTTP\/1.1 200 .*connection: close/is);
    await closing;
    expect(server.handled).toHaveLength(3);
  });

  test("no new connection is accepted", async () => {
    const server = await start();
    await server.close(graceMs);
    const [error]: Error[] = await once(connectTo(server.port, "127.0.0.1"), "error");
    expect(error).toMatchObject({ code: "ECONNREFUSED" });
  });

  test("idle connections end at once", async () => {
    const server = await start();
    const silent = await open(server.port);
    const kept = await open(server.port);
    const session = await openHttp2(server.port);
    await ask(session, checkPath);
    kept.write(checkOverHttp1(server.port).replace("connection: close", "connection: keep-alive"));
    await once(kept, "data");
    const ends = [silent, kept].map((socket) => readAll(socket));
    const sessionEnd = once(session, "close");
    await server.close(graceMs);
    await Promise.all([...ends, sessionEnd]);
  });

  test("a call that does not finish is cut after the grace", async () => {
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    const server = await start({ onRequest: () => begin() });
    const session = await openHttp2(server.port);
    const watching = ask(session, watchPath, {
      headers: { "content-type": "application/grpc+json" },
      body: "\0\0\0\0\x02{}",
    });
    await begun;
    await server.close(50);
    expect((await watching).trailers).toEqual({});
    server.release();
  });

  test("a peer that keeps its half open does not delay it", async () => {
    const server = await start({ limits: { lingerMs: 50 } });
    const socket = await open(server.port, true);
    socket.write(preface);
    await once(socket, "data");
    await server.close(graceMs);
    socket.destroy();
  });

  test("it may be asked for twice, and before the server listened", async () => {
    const server = await start();
    await Promise.all([server.close(0), server.close(graceMs)]);
    await createHttpServer({ listener: () => {} }).close(0);
  });

  test("a port that is taken is an error of listen", async () => {
    const { port } = await start();
    const second = createHttpServer({ listener: () => {} });
    await expect(second.listen("127.0.0.1", port)).rejects.toMatchObject({ code: "EADDRINUSE" });
  });
});
