// Peers that do not read what they are sent, over both versions: they are cut, and nobody who reads is.
import { once } from "node:events";
import { connect as connectHttp2, constants } from "node:http2";
import type { Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, describe, expect, test } from "@jest/globals";
import type { Front } from "../../src/http/front.ts";
import type { HttpListener } from "../../src/http/listener.ts";
import { createHttpServer, type HttpServer } from "../../src/http/one-port.ts";
import { createTlsFront } from "../../src/http/tls.ts";
import { selfSigned } from "../x509.ts";
import { until } from "../world/until.ts";
import {
  collectFrames,
  frame,
  initialWindowSize,
  numberFrame,
  ping,
  preface,
  requestHeaders,
  rstStream,
  settingFrame,
  wholeRequest,
  windowUpdate,
} from "./frames.ts";
import { open, readAll } from "./raw.ts";

const stallMs = 100;
const megabyte = Buffer.alloc(2 ** 20);
/** More than the sockets of a connection take. */
const large = Buffer.alloc(32 * 2 ** 20);
const certified = selfSigned();
const servers: HttpServer[] = [];

interface Setup {
  readonly front?: Front;
  readonly stallMs?: number;
}

interface Started {
  readonly port: number;
  /** How many answers were closed, and whether they had got through. */
  readonly closed: string[];
}

async function start(answer: Buffer, setup: Setup = {}): Promise<Started> {
  const { front, stallMs: limit = stallMs } = setup;
  const closed: string[] = [];
  const listener: HttpListener = (_request, response) => {
    response.once("close", () => closed.push(response.writableFinished ? "read" : "cut"));
    response.writeHead(200);
    response.write(answer);
    // A stream of which nothing is due may stay open.
    if (answer.length > 0) response.end();
  };
  const server = createHttpServer({
    listener,
    limits: { stallMs: limit },
    ...(front && { front }),
  });
  servers.push(server);
  const { port } = await server.listen("127.0.0.1", 0);
  return { port, closed };
}

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close(0)));
});

const request = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";
const get = (stream: number) => wholeRequest(stream, [[":path", "/"], ...requestHeaders]);
const noWindow = settingFrame(initialWindowSize, 0);
const wide = [settingFrame(initialWindowSize, 2 ** 30), numberFrame(windowUpdate, 0, 2 ** 30)];

describe("HTTP/1.1", () => {
  test("a peer that does not read is cut", async () => {
    const { port, closed } = await start(large);
    const socket = (await open(port)).pause();
    socket.write(request);
    await until(() => closed.length === 1);
    expect(closed).toEqual(["cut"]);
    socket.destroy();
  });

  test("a peer that does not read over TLS is cut", async () => {
    const material = { material: certified, clientCertificates: "none" } as const;
    const { front } = createTlsFront({ ...material, minVersion: "TLSv1.2" });
    const { port, closed } = await start(large, { front });
    const socket = connectTls({ port, host: "127.0.0.1", ca: certified.cert });
    await once(
      socket.on("error", () => {}),
      "secureConnect",
    );
    socket.pause().write(request);
    await until(() => closed.length === 1);
    expect(closed).toEqual(["cut"]);
    socket.destroy();
  });

  test("a peer that reads with pauses gets everything", async () => {
    const { port, closed } = await start(large, { stallMs: 500 });
    const socket = await open(port);
    socket.write(request);
    expect(await readWithPauses(socket, 250)).toBeGreaterThan(large.length);
    expect(closed).toEqual(["read"]);
  });

  test("a stream that is quiet stays open", async () => {
    const { port, closed } = await start(Buffer.alloc(0));
    const socket = await open(port);
    socket.write(request);
    await pause(4 * stallMs);
    expect(closed).toEqual([]);
    socket.destroy();
  });
});

/** Reads until the answer is complete, with a pause every 8 MiB. */
async function readWithPauses(socket: Socket, ms: number): Promise<number> {
  let bytes = 0;
  let next = 2 ** 23;
  for await (const chunk of socket) {
    bytes += (chunk as Buffer).length;
    if (bytes > large.length) break;
    if (bytes > next) await pause(ms);
    if (bytes > next) next += 2 ** 23;
  }
  return bytes;
}

describe("HTTP/2", () => {
  test("streams that a peer gives no window are reset, the connection stays", async () => {
    const { port, closed } = await start(Buffer.from("answer"));
    const socket = await open(port);
    const resets = collectFrames(socket, rstStream, 2);
    socket.write(Buffer.concat([preface, noWindow, get(1), get(3)]));
    socket.on("data", (chunk: Buffer) => acknowledgePings(socket, chunk));
    const codes = (await resets).map(({ code }) => code);
    expect(codes).toEqual([constants.NGHTTP2_CANCEL, constants.NGHTTP2_CANCEL]);
    expect(closed).toEqual(["cut", "cut"]);
  });

  test("a peer that reads nothing at all is cut, wherever the answer waits", async () => {
    const { port } = await start(large);
    const socket = (await open(port)).pause();
    socket.write(Buffer.concat([preface, ...wide, get(1)]));
    await pause(7 * stallMs);
    const received = await readAll(socket.resume());
    expect(received.length).toBeLessThan(large.length);
  });

  test("a peer that reads slowly gets everything", async () => {
    const { port, closed } = await start(megabyte);
    const session = connectHttp2(`http://127.0.0.1:${port}`);
    const stream = session.request({ ":path": "/" });
    let bytes = 0;
    for await (const chunk of stream) {
      bytes += (chunk as Buffer).length;
      if (bytes < 5 * 16_384) await pause(stallMs);
    }
    expect(bytes).toBe(megabyte.length);
    expect(closed).toEqual(["read"]);
    session.destroy();
  });

  test("a stream that is quiet stays open", async () => {
    const { port, closed } = await start(Buffer.alloc(0));
    const session = connectHttp2(`http://127.0.0.1:${port}`);
    session.request({ ":path": "/" }).on("error", () => {});
    await pause(7 * stallMs);
    expect(session.destroyed).toBe(false);
    expect(closed).toEqual([]);
    session.destroy();
  });
});

/** Answers PINGs (RFC 9113, section 6.7), as far as they come in chunks of their own. */
function acknowledgePings(socket: Socket, chunk: Buffer): void {
  for (let at = 0; at + 9 <= chunk.length; at += 9 + chunk.readUIntBE(at, 3)) {
    if (chunk.readUInt8(at + 3) === ping)
      socket.write(frame(ping, 1, 0, chunk.subarray(at + 9, at + 17)));
  }
}
