// TLS in front of HTTP: which versions and clients get in, what is known about them, and new certificates on the way.
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { type ClientHttp2Session, connect as connectHttp2 } from "node:http2";
import { connect as connectTcp } from "node:net";
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from "node:tls";
import { afterEach, describe, expect, test } from "@jest/globals";
import { createClient } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport } from "@connectrpc/connect-node";
import { Health } from "../../gen/grpc/health/v1/health_pb.ts";
import { type Peer, peerOf, peerText } from "../../src/http/peer.ts";
import { createTlsFront, type TlsFrontOptions } from "../../src/http/tls.ts";
import { type Certified, createAuthority, issue, type Wish } from "../x509.ts";
import { until } from "../world/until.ts";
import { startHealthServer, type TestServer } from "./health-server.ts";
import { ask, checkOverHttp1, checkPath, expectCuts, readAll } from "./raw.ts";

const authority = createAuthority("authority of the test");
const own = issue(authority);
/** Longer than a test may take: whatever waits for its end fails. */
const graceMs = 600_000;
const servers: TestServer[] = [];

interface TlsServer extends TestServer {
  readonly peers: Peer[];
  readonly renew: ReturnType<typeof createTlsFront>["renew"];
}

interface Setup extends Partial<TlsFrontOptions> {
  readonly limits?: NonNullable<Parameters<typeof startHealthServer>[0]>["limits"];
}

async function start({ limits, ...options }: Setup = {}): Promise<TlsServer> {
  const peers: Peer[] = [];
  const { front, ...tls } = createTlsFront({
    material: { ...own, clientCa: authority.cert },
    minVersion: "TLSv1.2",
    clientCertificates: "none",
    ...options,
  });
  const onRequest = (request: Parameters<typeof peerOf>[0]) => void peers.push(peerOf(request));
  const server = await startHealthServer({ front, onRequest, ...(limits && { limits }) });
  servers.push(server);
  return { ...server, ...tls, peers };
}

expectCuts();

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close(0)));
});

async function open({ port }: TlsServer, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = connectTls({ port, host: "127.0.0.1", ca: authority.cert, ...options });
  await once(socket, "secureConnect");
  return socket.on("error", () => {});
}

/** The end of a connection that is refused: TLS 1.3 says so only after the client believes to be connected. */
async function refusal(server: TlsServer, options: ConnectionOptions): Promise<string> {
  try {
    const socket = await open(server, options);
    const received = readAll(socket);
    socket.write(checkOverHttp1(server.port));
    return `said: ${await received}`;
  } catch (error) {
    return String((error as { readonly code?: unknown }).code);
  }
}

async function session(server: TlsServer, options = {}): Promise<ClientHttp2Session> {
  const opened = connectHttp2(`https://localhost:${server.port}`, {
    ca: authority.cert,
    ...options,
  });
  opened.on("error", () => {});
  await once(opened, "connect");
  return opened;
}

const client = (wish: Wish, by = authority): Certified => issue(by, wish);

describe("both versions of HTTP", () => {
  test.each([
    ["Connect over HTTP/1.1", "1.1", "1.1"],
    ["Connect over HTTP/2", "2", "2"],
  ] as const)("%s is chosen by ALPN", async (_, httpVersion, seen) => {
    const server = await start();
    const nodeOptions = { ca: authority.cert };
    const baseUrl = `https://localhost:${server.port}`;
    const transport = createConnectTransport({ baseUrl, httpVersion, nodeOptions });
    await createClient(Health, transport).check({});
    expect(server.peers).toMatchObject([{ httpVersion: seen, tls: { protocol: "TLSv1.3" } }]);
  });

  test("gRPC is served", async () => {
    const server = await start();
    const baseUrl = `https://localhost:${server.port}`;
    const transport = createGrpcTransport({ baseUrl, nodeOptions: { ca: authority.cert } });
    await createClient(Health, transport).check({});
    expect(server.handled).toHaveLength(1);
  });

  test("a client without ALPN is known by its first bytes", async () => {
    const server = await start();
    const socket = await open(server);
    const answer = readAll(socket);
    socket.write(checkOverHttp1(server.port));
    expect(await answer).toMatch(/^HTTP\/1.1 200 /);
  });

  test("a client that speaks another version than it agreed on is cut", async () => {
    const server = await start();
    const socket = await open(server, { ALPNProtocols: ["h2"] });
    const answer = readAll(socket);
    socket.write(checkOverHttp1(server.port));
    expect(await answer).toBe("");
    expect(server.handled).toEqual([]);
  });

  test("a client that speaks neither is refused", async () => {
    expect(await refusal(await start(), { ALPNProtocols: ["spdy/3"] })).toBe(
      "ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL",
    );
  });
});

describe("versions of TLS", () => {
  test.each([
    ["TLSv1.1", "TLSv1.2", /^ERR_SSL_/],
    ["TLSv1.2", "TLSv1.2", /^said: HTTP\/1.1 200/],
    ["TLSv1.2", "TLSv1.3", /^ERR_SSL_/],
    ["TLSv1.3", "TLSv1.3", /^said: HTTP\/1.1 200/],
  ] as const)("a client of %s at a server from %s on", async (spoken, minVersion, expected) => {
    const server = await start({ minVersion });
    const options = { minVersion: spoken, maxVersion: spoken, ciphers: "DEFAULT@SECLEVEL=0" };
    expect(await refusal(server, options)).toMatch(expected);
  });

  test("a cipher without forward secrecy is not spoken", async () => {
    const server = await start();
    const options = { maxVersion: "TLSv1.2", ciphers: "AES128-GCM-SHA256" } as const;
    expect(await refusal(server, options)).toBe("ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE");
  });

  test("clear text on the port of TLS is not answered", async () => {
    const server = await start();
    const socket = connectTcp(server.port, "127.0.0.1");
    const answer = readAll(socket.on("error", () => {}));
    socket.write(checkOverHttp1(server.port));
    expect(await answer).not.toContain("HTTP");
    expect(server.handled).toEqual([]);
  });
});

describe("client certificates", () => {
  const stranger = createAuthority("authority of somebody else");
  const past = { notBefore: new Date(Date.now() - 7_200_000), notAfter: new Date(Date.now() - 1) };
  const answered = /^said: HTTP\/1.1 200/;
  const cut = /^(said: $|ERR_SSL_|ECONNRESET)/;

  test.each([
    ["none", "no certificate", {}, answered],
    ["none", "that of a stranger", client({}, stranger), answered],
    ["optional", "no certificate", {}, answered],
    ["optional", "a good one", client({}), answered],
    ["optional", "that of a stranger", client({}, stranger), cut],
    ["optional", "one that has ended", client(past), cut],
    ["required", "no certificate", {}, cut],
    ["required", "a good one", client({}), answered],
    ["required", "that of a stranger", client({}, stranger), cut],
    ["required", "one that has ended", client(past), cut],
  ] as const)("%s: a client with %s", async (clientCertificates, _, shown, expected) => {
    const server = await start({ clientCertificates });
    expect(await refusal(server, shown)).toMatch(expected);
    expect(server.handled).toHaveLength(expected === answered ? 1 : 0);
  });

  test("a good one is known to whoever handles the call, over both versions", async () => {
    const server = await start({ clientCertificates: "optional" });
    const notAfter = new Date("2099-12-31T00:00:00Z");
    const names = { commonNames: ["metal-core"], dnsNames: ["a.b"], uris: ["spiffe://a/b"] };
    const shown = client({ ...names, notAfter });
    await refusal(server, shown);
    const opened = await session(server, shown);
    await ask(opened, checkPath);
    opened.destroy();
    const fingerprint = new X509Certificate(shown.cert).fingerprint256;
    const certificate = {
      commonName: "metal-core",
      dnsNames: ["localhost", "a.b"],
      uris: ["spiffe://a/b"],
      fingerprint: fingerprint.replaceAll(":", "").toLowerCase(),
    };
    expect(server.peers).toMatchObject([{ tls: { certificate } }, { tls: { certificate } }]);
    const ends = server.peers.map(({ tls }) => tls?.certificate?.notAfter.getTime());
    expect(ends).toEqual([notAfter.getTime(), notAfter.getTime()]);
    expect(peerText(server.peers[0])).toMatch(
      /^127\.0\.0\.1:\d+ \(certificate CN=metal-core, sha256:[0-9a-f]{16}\)$/,
    );
  });

  test("one that nobody asked for is not known", async () => {
    const server = await start({ clientCertificates: "none" });
    await refusal(server, client({}));
    expect(server.peers).toMatchObject([{ tls: { protocol: "TLSv1.3" } }]);
    expect(server.peers[0]?.tls?.certificate).toBeUndefined();
  });

  test.each([
    ["two common names", { commonNames: ["a", "b"] }, { commonName: undefined }],
    ["a name that has to be quoted", { uris: ["x, URI:spiffe://admin"] }, { uris: [] }],
  ])("%s name nobody", async (_, wish, expected) => {
    const server = await start({ clientCertificates: "optional" });
    await refusal(server, client(wish));
    expect({ commonName: undefined, ...server.peers[0]?.tls?.certificate }).toMatchObject(expected);
  });
});

describe("a new certificate", () => {
  const serverName = async (server: TlsServer, ca: string) => {
    const socket = await open(server, { ca });
    const { subject } = socket.getPeerCertificate();
    socket.destroy();
    return subject.CN;
  };

  test("is shown to new connections, and open ones go on", async () => {
    const server = await start();
    const before = await session(server);
    const next = createAuthority("next authority");
    server.renew(issue(next, { commonNames: ["next"] }));
    expect(await serverName(server, next.cert)).toBe("next");
    expect(await ask(before, checkPath)).toMatchObject({ status: 200 });
    before.destroy();
  });

  test("that cannot be used changes nothing", async () => {
    const server = await start();
    expect(() => server.renew({ cert: own.cert, key: issue(authority).key })).toThrow("mismatch");
    expect(() => server.renew({ cert: "", key: own.key })).toThrow();
    expect(await serverName(server, authority.cert)).toBe("loopback");
  });

  test("with other authorities ends what older sessions were good for", async () => {
    const server = await start({ clientCertificates: "required" });
    const shown = client({});
    const tls12 = { ...shown, maxVersion: "TLSv1.2" } as const;
    const first = await open(server, tls12);
    const ticket = first.getSession();
    first.destroy();
    const resumed = await open(server, { ...tls12, session: ticket });
    expect(resumed.isSessionReused()).toBe(true);
    resumed.destroy();
    server.renew({ ...own, clientCa: createAuthority("another").cert });
    expect(await refusal(server, { ...tls12, session: ticket })).toMatch(
      /^(said: $|ERR_SSL_|ECONNRESET)/,
    );
    expect(server.handled).toEqual([]);
  });
});

describe("limits and the end", () => {
  test("a connection that never becomes TLS, or says nothing in it, is closed", async () => {
    const server = await start({ limits: { headerMs: 2_000 } });
    const silent = connectTcp(server.port, "127.0.0.1");
    const ends = [readAll(silent), readAll(await open(server))];
    ends.push(readAll(await open(server, { ALPNProtocols: ["h2"] })));
    expect(await Promise.all(ends)).toEqual(["", "", ""]);
  });

  test("the end closes idle connections at once, in a handshake or behind it", async () => {
    const server = await start();
    const raw = connectTcp(server.port, "127.0.0.1").on("error", () => {});
    const idle = await session(server);
    await ask(idle, checkPath);
    await Promise.all([server.close(graceMs), once(raw, "close"), once(idle, "close")]);
  });

  test("the end lets a call finish", async () => {
    const server = await start();
    const opened = await session(server);
    const watching = ask(opened, `/${Health.typeName}/Watch`, {
      headers: { "content-type": "application/grpc+json" },
      body: "\0\0\0\0\x02{}",
    });
    await until(() => server.peers.length > 0);
    const closing = server.close(graceMs);
    server.release();
    expect(await watching).toMatchObject({ status: 200, trailers: { "grpc-status": "0" } });
    await closing;
  });
});
