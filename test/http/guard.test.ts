// The guard in front of the Connect adapter: no request may end the process, hang for ever or keep the server reading.
import { constants } from "node:http2";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, describe, expect, test } from "@jest/globals";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { ServerReflection } from "../../gen/grpc/reflection/v1/reflection_pb.ts";
import { isAuthority } from "../../src/http/authority.ts";
import { singleRequestPaths } from "../../src/http/body-deadline.ts";
import { Health } from "../../gen/grpc/health/v1/health_pb.ts";
import type { HttpRequest } from "../../src/http/listener.ts";
import {
  refuseAll,
  startHealthServer,
  type TestServer,
  type TestServerOptions,
} from "./health-server.ts";
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

const servers: TestServer[] = [];

async function start(options?: TestServerOptions): Promise<TestServer> {
  const server = await startHealthServer({
    ...options,
    limits: { keepAliveMs: 50, ...options?.limits },
  });
  servers.push(server);
  return server;
}

expectCuts();

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close(0)));
});

/** The head of a call that expects `length` bytes. */
function head(path: string, length: number, type = "application/json"): string {
  return `POST ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: ${type}\r\ncontent-length: ${length}\r\n\r\n`;
}

describe("a malformed authority", () => {
  test.each([
    ["no host on HTTP/1.0", "1.0", ""],
    ["no host on HTTP/1.1", "1.1", ""],
    ["an empty host", "1.1", "host:\r\n"],
    ["an open bracket", "1.1", "host: [\r\n"],
    ["an unfinished IPv6 address", "1.1", "host: [::1\r\n"],
    ["a space", "1.1", "host: a b\r\n"],
    ["a port beyond 65535", "1.1", "host: x:99999\r\n"],
    ["a port that is a word", "1.1", "host: x:http\r\n"],
    ["a user", "1.1", "host: me@x\r\n"],
    ["a path", "1.1", "host: x/y\r\n"],
    ["a host outside of ASCII", "1.1", "host: \xfc\r\n"],
    ["two hosts", "1.1", "host: x\r\nhost: y\r\n"],
  ])("%s is 400 on HTTP/1", async (_name, version, host) => {
    const server = await start();
    const rest = "content-type: application/json\r\ncontent-length: 2\r\n\r\n{}";
    const answer = await converse(
      server.port,
      `POST ${checkPath} HTTP/${version}\r\n${host}${rest}`,
    );
    expect(answer).toMatch(/^HTTP\/1.1 400 /);
    expect(await converse(server.port, checkOverHttp1(server.port))).toMatch(/^HTTP\/1.1 200 /);
    expect(server.handled).toHaveLength(1);
  });

  const { NGHTTP2_NO_ERROR, NGHTTP2_PROTOCOL_ERROR } = constants;

  test.each([
    ["[", 400, NGHTTP2_NO_ERROR],
    ["[::1", 400, NGHTTP2_NO_ERROR],
    ["x:99999", 400, NGHTTP2_NO_ERROR],
    ["x:http", 400, NGHTTP2_NO_ERROR],
    ["x/y", undefined, NGHTTP2_PROTOCOL_ERROR],
    ["a b", undefined, NGHTTP2_PROTOCOL_ERROR],
    ["me@x", undefined, NGHTTP2_PROTOCOL_ERROR],
    ["", undefined, NGHTTP2_PROTOCOL_ERROR],
  ])("%p is refused on HTTP/2 with status %p", async (authority, status, reset) => {
    const server = await start();
    const session = await openHttp2(server.port);
    const refused = await ask(session, checkPath, { headers: { ":authority": authority } });
    expect([refused.status, refused.reset]).toEqual([status, reset]);
    expect(await ask(session, checkPath)).toMatchObject({ status: 200 });
    expect(server.handled).toHaveLength(1);
    session.destroy();
  });

  test.each(["localhost", "a.example:443", "10.0.0.1:8080", "[::1]:8080", "metal_api", "x:"])(
    "%p is none",
    (authority) => {
      expect(isAuthority(authority)).toBe(true);
    },
  );
});

describe("an exception on the way to the handler", () => {
  const failing: TestServerOptions = {
    onRequest: ({ headers }) => {
      if (headers["x-fail"] !== undefined) throw new Error("the secret is hunter2");
    },
  };

  test("is 500 without detail on HTTP/1.1, and the log gets it", async () => {
    const server = await start(failing);
    const call = checkOverHttp1(server.port).replace("connection:", "x-fail: 1\r\nconnection:");
    const answer = await converse(server.port, call);
    expect(answer).toMatch(/^HTTP\/1.1 500 /);
    expect(answer).not.toContain("hunter2");
    expect(server.errors).toEqual([new Error("the secret is hunter2")]);
    expect(await converse(server.port, checkOverHttp1(server.port))).toMatch(/^HTTP\/1.1 200 /);
  });

  test("is 500 without detail on HTTP/2", async () => {
    const server = await start(failing);
    const session = await openHttp2(server.port);
    const refused = await ask(session, checkPath, { headers: { "x-fail": "1" } });
    expect(refused).toMatchObject({ status: 500, body: "" });
    expect(server.errors).toHaveLength(1);
    session.destroy();
  });
});

describe("a body that does not arrive", () => {
  const slow: TestServerOptions = { bodyDeadlineMs: 100 };

  test.each([
    ["unary", checkPath, "application/json"],
    ["server-streaming", watchPath, "application/connect+json"],
  ])("of a %s call ends the connection with 408 on HTTP/1.1", async (_kind, path, type) => {
    const server = await start(slow);
    expect(await converse(server.port, `${head(path, 9, type)}{`)).toMatch(/^HTTP\/1.1 408 /);
    expect(server.handled).toEqual([]);
  });

  test.each([
    [
      "Connect",
      "application/json",
      { status: 504, body: expect.stringContaining("deadline_exceeded") },
    ],
    [
      "gRPC",
      "application/grpc+json",
      { status: 200, trailers: expect.objectContaining({ "grpc-status": "4" }) },
    ],
  ])(
    "fails with deadline_exceeded in %s over HTTP/2, and the connection goes on",
    async (_name, type, expected) => {
      const server = await start(slow);
      const session = await openHttp2(server.port);
      const unfinished = { headers: { "content-type": type }, body: "{", unfinished: true };
      expect(await ask(session, checkPath, unfinished)).toMatchObject(expected);
      expect(server.handled).toEqual([]);
      expect(await ask(session, checkPath)).toMatchObject({ status: 200 });
      session.destroy();
    },
  );

  test("of a call that is refused does not matter", async () => {
    const server = await start({ ...slow, gate: refuseAll });
    expect(await converse(server.port, head(checkPath, 9))).toMatch(/^HTTP\/1.1 403 /);
  });

  test("of a stream of requests may take its time", async () => {
    const server = await start(slow);
    const reflection = createClient(ServerReflection, createGrpcTransport({ baseUrl: server.url }));
    const hosts: string[] = [];
    for await (const { validHost } of reflection.serverReflectionInfo(
      slowRequests(["a", "b"], 150),
    )) {
      hosts.push(validHost);
    }
    expect(hosts).toEqual(["a", "b"]);
  });

  test("ends the call even while nobody reads it", async () => {
    const server = await start({ ...slow, gate: () => pause(200) });
    const session = await openHttp2(server.port);
    const unfinished = { body: "{", unfinished: true };
    expect(await ask(session, checkPath, unfinished)).toMatchObject({ status: 504 });
    expect(await converse(server.port, `${head(checkPath, 9)}{`)).toMatch(/^HTTP\/1.1 408 /);
    expect(server.handled).toEqual([]);
    session.destroy();
  });

  test("is none once it is there, however long the call takes", async () => {
    const server = await start({ ...slow, gate: () => pause(200) });
    const session = await openHttp2(server.port);
    expect(await ask(session, checkPath)).toMatchObject({ status: 200 });
    expect(await converse(server.port, checkOverHttp1(server.port))).toMatch(/^HTTP\/1.1 200 /);
    session.destroy();
  });

  test("is expected of exactly the RPCs with a single request message", () => {
    expect([...singleRequestPaths([Health, ServerReflection])].toSorted()).toEqual([
      "/grpc.health.v1.Health/Check",
      "/grpc.health.v1.Health/List",
      "/grpc.health.v1.Health/Watch",
    ]);
  });
});

describe("a call that is refused on HTTP/1.1", () => {
  test("closes the connection instead of reading a large body", async () => {
    const serving: HttpRequest["socket"][] = [];
    const onRequest = (request: HttpRequest) => serving.push(request.socket);
    const server = await start({ gate: refuseAll, onRequest });
    const socket = await open(server.port, true);
    const answer = readAll(socket);
    socket.write(head(checkPath, 2 ** 30));
    socket.write(Buffer.alloc(64 * 2 ** 20, " "));
    expect(await answer).toMatch(/^HTTP\/1.1 403 .*\r\nconnection: close\r\n/is);
    expect(serving[0]?.bytesRead).toBeLessThan(2 ** 20);
  });

  test("is answered although its body is too large to be read", async () => {
    const server = await start();
    const chunk = `100000\r\n${" ".repeat(2 ** 20)}\r\n`;
    const chunked = head(checkPath, 0).replace("content-length: 0", "transfer-encoding: chunked");
    const answer = await converse(server.port, chunked, ...Array<string>(6).fill(chunk));
    expect(answer).toMatch(/^HTTP\/1.1 429 .*resource_exhausted/s);
    expect(server.handled).toEqual([]);
  });

  test("keeps the connection when its body was there already", async () => {
    const server = await start({ gate: refuseAll });
    const answer = await converse(server.port, `${head(checkPath, 2)}{}${head(checkPath, 2)}{}`);
    expect(answer.match(/HTTP\/1.1 403 /g)).toHaveLength(2);
    expect(answer).not.toMatch(/connection: close/i);
  });
});

async function* slowRequests(hosts: readonly string[], everyMs: number) {
  for (const host of hosts) {
    await pause(everyMs);
    yield { host };
  }
}
