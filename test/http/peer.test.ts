// What a handler can know about the other end of its connection.
import { once } from "node:events";
import { afterEach, describe, expect, test } from "@jest/globals";
import { peerContext, peerKey, peerText, type Peer, peerOf } from "../../src/http/peer.ts";
import { createProxies, type Network } from "../../src/http/proxy.ts";
import { createHttpServer } from "../../src/http/one-port.ts";
import { headersFrame, preface, requestHeaders } from "./frames.ts";
import { startHealthServer, type TestServer } from "./health-server.ts";
import { checkOverHttp1, checkPath, converse, expectCuts, open } from "./raw.ts";

const servers: Pick<TestServer, "close">[] = [];

async function start(seen: (peer: Peer) => void): Promise<TestServer> {
  const server = await startHealthServer({ onRequest: (request) => seen(peerOf(request)) });
  servers.push(server);
  return server;
}

expectCuts();

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close(0)));
});

test("a peer over HTTP/1.1 has an address, a port and a version", async () => {
  const peers: Peer[] = [];
  const server = await start((peer) => peers.push(peer));
  const socket = await open(server.port);
  socket.write(checkOverHttp1(server.port));
  await once(socket, "data");
  expect(peers).toEqual([
    {
      address: "127.0.0.1",
      port: socket.localPort,
      httpVersion: "1.1",
      repeatedHeaders: new Set(),
    },
  ]);
  expect(Object.isFrozen(peers[0])).toBe(true);
});

test("headers that authenticate are reported when they are repeated on HTTP/1.1, others are not", async () => {
  const peers: Peer[] = [];
  const server = await start((peer) => peers.push(peer));
  const lines = [
    "Authorization: a",
    "authorization: b",
    "x-date: 1",
    "X-Date: 2",
    "x-y: 1",
    "x-y: 2",
  ];
  const call = checkOverHttp1(server.port).replace(
    "connection:",
    `${lines.join("\r\n")}\r\nconnection:`,
  );
  await converse(server.port, call);
  expect(peers[0]?.repeatedHeaders).toEqual(new Set(["authorization", "x-date"]));
});

test("headers that authenticate are reported when they are repeated on HTTP/2", async () => {
  const { promise: seen, resolve } = Promise.withResolvers<Peer>();
  const server = await start(resolve);
  const socket = await open(server.port);
  socket.write(preface);
  const twice: Array<readonly [string, string]> = [
    [":path", checkPath],
    ...requestHeaders,
    ["authorization", "a"],
    ["authorization", "b"],
    ["x-data-salt", "1"],
    ["x-data-salt", "2"],
    ["x-date", "1"],
  ];
  socket.write(headersFrame(1, twice));
  expect(await seen).toEqual({
    address: "127.0.0.1",
    port: socket.localPort,
    httpVersion: "2",
    repeatedHeaders: new Set(["authorization", "x-data-salt"]),
  });
  socket.destroy();
});

describe("behind a proxy", () => {
  const call = (server: TestServer) =>
    converse(
      server.port,
      checkOverHttp1(server.port).replace("connection:", "x-forwarded-for: 9.9.9.9\r\nconnection:"),
    );
  const seenBy = async (...networks: readonly Network[]) => {
    const seen: Peer[] = [];
    const proxies = createProxies(networks);
    const server = await startHealthServer({
      onRequest: (request) => seen.push(peerOf(request, proxies)),
    });
    servers.push(server);
    await call(server);
    return seen[0];
  };

  test("of ours, a call comes from where that says", async () => {
    const peer = await seenBy({ address: "127.0.0.0", prefix: 8 });
    expect(peer).toMatchObject({ address: "9.9.9.9", port: 0, via: "127.0.0.1" });
    expect(peerText(peer)).toBe("9.9.9.9 via 127.0.0.1");
  });

  test("of somebody else, it comes from there", async () => {
    const peer = await seenBy({ address: "10.0.0.0", prefix: 8 });
    expect(peer).toMatchObject({ address: "127.0.0.1" });
    expect(peerText(peer)).toBe(`127.0.0.1:${peer?.port}`);
  });
});

test("an IPv4 peer of a socket that listens on IPv6 has an IPv4 address", async () => {
  const { promise: seen, resolve } = Promise.withResolvers<Peer | undefined>();
  const server = createHttpServer({
    listener: (request, response) => {
      resolve(peerContext(request).get(peerKey));
      response.writeHead(204);
      response.end();
    },
  });
  servers.push(server);
  const { port } = await server.listen("::", 0);
  await converse(port, checkOverHttp1(port));
  expect(await seen).toMatchObject({ address: "127.0.0.1" });
});
