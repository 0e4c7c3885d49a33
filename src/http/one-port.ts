// The server of everything HTTP: one TCP port, HTTP/1.1 and HTTP/2, bounded in every direction, closed gracefully.
import { once } from "node:events";
import { createServer as createHttp1Server, type Server as Http1Server } from "node:http";
import {
  createServer as createHttp2Server,
  type Http2Server,
  type IncomingHttpHeaders,
} from "node:http2";
import type { AddressInfo, Server, Socket } from "node:net";
import type { HttpListener, StreamHead } from "./listener.ts";
import { clearText } from "./clear-text.ts";
import { Connections, type Peers } from "./connections.ts";
import type { Front, HttpProtocol } from "./front.ts";
import { defaultLimits, type HttpLimits } from "./limit.ts";
import { endStalledHttp1, endStalledHttp2 } from "./stalled.ts";

/** What a server is made of. */
export interface HttpServerOptions {
  /** Answers a request of either HTTP version. It must not throw: wrap it with `createGuard`. */
  readonly listener: HttpListener;
  /** Takes requests of HTTP/2 as streams: true if one was taken. It must not throw. None are if absent. */
  readonly onStream?: (head: StreamHead) => boolean;
  /** Limits that differ from `defaultLimits`. */
  readonly limits?: Partial<HttpLimits>;
  /** Accepts connections; `clearText` unless told otherwise. */
  readonly front?: Front;
  /** Whose connections are accepted; within the limits, everybody's unless told otherwise. */
  readonly peers?: Partial<Peers>;
}

/** A server on one port. It listens once and closes once. */
export interface HttpServer {
  /** Resolves when connections are accepted; port 0 takes a free one. Rejects as `net.Server` does (EADDRINUSE …). */
  listen(host: string, port: number): Promise<AddressInfo>;
  /**
   * Accepts no more connections, answers what is on its way, then ends idle connections and lets running calls finish.
   * What still runs after `graceMs` milliseconds is cut. Resolves when every connection is gone.
   */
  close(graceMs: number): Promise<void>;
}

/** Creates the server; nothing is open before `listen`. */
export function createHttpServer(options: HttpServerOptions): HttpServer {
  const limits: HttpLimits = { ...defaultLimits, ...options.limits };
  const connections = new Connections(limits, options.peers);
  const http1 = createHttp1(limits, options.listener, connections);
  const http2 = createHttp2(limits, options);
  const serve: Record<HttpProtocol, (socket: Socket) => void> = {
    http1(socket) {
      connections.serveHttp1(socket);
      http1.emit("connection", socket);
    },
    http2(socket) {
      // Connections are accepted one after the other: what is read in vain keeps those behind it waiting. On HTTP/1.1
      // there is only one request to read, and it may be a probe.
      if (!connections.hasRoom(socket)) return void socket.destroy();
      http2.once("session", (session) => {
        connections.serveHttp2(socket, session, limits.idleSessionMs);
        endStalledHttp2(session, socket, limits.stallMs);
      });
      http2.emit("connection", socket);
    },
  };
  const front = (options.front ?? clearText)({
    limits,
    accept: (socket) => connections.accept(socket),
    serve: (protocol, socket) => serve[protocol](socket),
  });
  front.maxConnections = limits.connections;
  let closed: Promise<void> | undefined;
  return {
    async listen(host, port) {
      const address = await listening(front, host, port);
      // A server that does not listen itself looks at its time limits only after this event.
      http1.emit("listening");
      return address;
    },
    close(graceMs) {
      closed ??= drain(front, connections, graceMs).finally(() => http1.close());
      return closed;
    },
  };
}

function createHttp1(
  limits: HttpLimits,
  listener: HttpListener,
  connections: Connections,
): Http1Server {
  const server = createHttp1Server({
    maxHeaderSize: limits.headerBytes,
    headersTimeout: limits.headerMs,
    requestTimeout: limits.requestMs,
    connectionsCheckingInterval: limits.checkMs,
    keepAliveTimeout: limits.keepAliveMs,
  });
  endStalledHttp1(server, limits.stallMs, (socket) => connections.isIdle(socket));
  return server.on("request", (request, response) => {
    if (connections.call(response)) listener(request, response);
  });
}

type Handlers = Pick<HttpServerOptions, "listener" | "onStream">;

function createHttp2(limits: HttpLimits, { listener, onStream }: Handlers): Http2Server {
  const server = createHttp2Server({
    maxSessionMemory: limits.sessionMegabytes,
    streamResetBurst: limits.resetBurst,
    streamResetRate: limits.resetsPerSecond,
    settings: {
      maxConcurrentStreams: limits.streamsPerConnection,
      maxHeaderListSize: limits.headerBytes,
      enablePush: false,
    },
  });
  // Never listens: it makes requests and responses of the streams that it is given.
  const requests = createHttp2Server().on("request", listener);
  return server.on("stream", (stream, headers, flags, rawHeaders) => {
    // Whoever waits for something is told by the end of the stream; an error that nobody listens to ends the process.
    stream.on("error", ignore);
    // Settings bind a peer only once it has acknowledged them, which it may never do.
    if (bytesOf(rawHeaders) > limits.headerBytes)
      return stream.respond({ ":status": 431 }, { endStream: true });
    const head = { stream, headers, rawHeaders, authority: authorityOf(headers) };
    if (onStream?.(head) === true) return;
    requests.emit("stream", stream, headers, flags, rawHeaders);
  });
}

const ignore = () => {};

/** As Node's requests have it. */
function authorityOf(headers: IncomingHttpHeaders): string | undefined {
  return headers[":authority"] ?? headers.host;
}

function bytesOf(rawHeaders: readonly string[]): number {
  return rawHeaders.reduce((sum, text) => sum + text.length, 0);
}

async function listening(front: Server, host: string, port: number): Promise<AddressInfo> {
  front.listen({ host, port });
  await once(front, "listening");
  const address = front.address();
  if (address === null || typeof address === "string") throw new Error(`no TCP port at "${host}"`);
  return address;
}

async function drain(front: Server, connections: Connections, graceMs: number): Promise<void> {
  const gone = new Promise<void>((resolve) => front.close(() => resolve()));
  connections.close();
  const cut = setTimeout(() => connections.destroy(), graceMs);
  await gone;
  clearTimeout(cut);
}
