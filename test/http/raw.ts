// Requests as bytes, for what a well-behaved client does not send.
import { once } from "node:events";
import {
  type ClientHttp2Session,
  connect as connectHttp2,
  type IncomingHttpHeaders,
} from "node:http2";
import { connect, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, beforeEach, jest } from "@jest/globals";
import { Health } from "../../gen/grpc/health/v1/health_pb.ts";

export const checkPath = `/${Health.typeName}/Check`;
export const watchPath = `/${Health.typeName}/Watch`;

/** Opens a connection; nothing is sent. With `allowHalfOpen` it stays open when the server has ended its half. */
export async function open(port: number, allowHalfOpen = false): Promise<Socket> {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen });
  socket.on("error", () => {});
  await once(socket, "connect");
  return socket;
}

/** Keeps the adapter quiet, which says on the console when a connection was cut under a call. */
export function expectCuts(): void {
  beforeEach(() => {
    jest.spyOn(console, "error").mockImplementation(() => {});
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });
}

/** Sends `pieces` one after the other and gives everything that came back until the server closed the connection. */
export async function converse(port: number, ...pieces: string[]): Promise<string> {
  const socket = await open(port);
  const received = readAll(socket);
  for (const piece of pieces) {
    socket.write(piece, "latin1");
    if (pieces.length > 1) await pause(2);
  }
  return received;
}

/** Everything that comes until the server closes the connection. */
export async function readAll(socket: Socket): Promise<string> {
  let text = "";
  socket.setEncoding("latin1").on("data", (chunk: string) => {
    text += chunk;
  });
  await new Promise((resolve) => socket.once("close", resolve));
  return text;
}

/** A Connect unary call over HTTP/1.1 after which the server closes the connection. */
export function checkOverHttp1(port: number): string {
  return [
    `POST ${checkPath} HTTP/1.1`,
    `host: 127.0.0.1:${port}`,
    "content-type: application/json",
    "content-length: 2",
    "connection: close",
    "",
    "{}",
  ].join("\r\n");
}

/** An HTTP/2 connection of its own; close it with `destroy`. */
export async function openHttp2(port: number): Promise<ClientHttp2Session> {
  const session = connectHttp2(`http://127.0.0.1:${port}`);
  session.on("error", () => {});
  await once(session, "connect");
  return session;
}

/** How an HTTP/2 request ended. */
export interface Http2Answer {
  /** Undefined if the stream ended without headers. */
  readonly status?: number;
  readonly headers: IncomingHttpHeaders;
  readonly trailers: IncomingHttpHeaders;
  readonly body: string;
  /** The code of RST_STREAM; 0 if there was none. */
  readonly reset: number;
}

export interface Http2Question {
  readonly headers?: Record<string, string | string[]>;
  /** The request body; the request stays open after `unfinished`. */
  readonly body?: string;
  readonly unfinished?: boolean;
}

/** Sends one POST and gives what came back until the stream was closed. */
export async function ask(
  session: ClientHttp2Session,
  path: string,
  { headers = {}, body = "{}", unfinished = false }: Http2Question = {},
): Promise<Http2Answer> {
  const stream = session.request({
    ":method": "POST",
    ":path": path,
    "content-type": "application/json",
    ...headers,
  });
  const answer: { -readonly [K in keyof Http2Answer]: Http2Answer[K] } = {
    headers: {},
    trailers: {},
    body: "",
    reset: 0,
  };
  stream.on("error", () => {});
  stream.on("response", (received) => {
    answer.status = received[":status"];
    answer.headers = received;
  });
  stream.on("trailers", (received) => {
    answer.trailers = received;
  });
  stream.setEncoding("utf8").on("data", (chunk: string) => {
    answer.body += chunk;
  });
  if (body !== "") stream.write(body);
  if (!unfinished) stream.end();
  await new Promise((resolve) => stream.once("close", resolve));
  return { ...answer, reset: stream.rstCode ?? 0 };
}
