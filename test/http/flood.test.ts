// Floods of frames that are each allowed (RFC 9113, section 10.5): whoever sends them loses the connection, and others
// are served meanwhile.
import type { Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, describe, expect, test } from "@jest/globals";
import { createConnectTransport } from "@connectrpc/connect-node";
import { createClient } from "@connectrpc/connect";
import { Health } from "../../gen/grpc/health/v1/health_pb.ts";
import { until } from "../world/until.ts";
import {
  continuation,
  frame,
  headersFrame,
  numberFrame,
  ping,
  preface,
  requestHeaders,
  rstStream,
  settings,
  wholeRequest,
} from "./frames.ts";
import { refuseAll, startHealthServer, type TestServer } from "./health-server.ts";
import { checkOverHttp1, checkPath, converse, expectCuts, open } from "./raw.ts";

const servers: TestServer[] = [];

async function start(options: Parameters<typeof startHealthServer>[0]): Promise<TestServer> {
  const server = await startHealthServer(options);
  servers.push(server);
  return server;
}

expectCuts();

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close(0)));
});

const cancel = 8;
const call: ReadonlyArray<readonly [string, string]> = [[":path", checkPath], ...requestHeaders];

/** The frames of one kind of flood, by their number. */
const floods: Readonly<Record<string, (at: number) => Buffer>> = {
  "streams that are reset at once": (at) =>
    Buffer.concat([headersFrame(2 * at + 1, call), numberFrame(rstStream, 2 * at + 1, cancel)]),
  "streams that are never read": (at) => wholeRequest(2 * at + 1, call),
  SETTINGS: () => frame(settings, 0, 0, Buffer.alloc(0)),
  "headers without an end": (at) =>
    at === 0
      ? frame(1, 0, 1, Buffer.alloc(0))
      : frame(continuation, 0, 1, Buffer.concat([Buffer.of(0, 1, 97, 1), Buffer.of(97)])),
  "empty frames without an end": (at) =>
    at === 0 ? headersFrame(1, call) : frame(0, 0, 1, Buffer.alloc(0)),
};

/** Sends until the server ends the connection or takes no more, at most `limit` frames. */
async function flood(
  socket: Socket,
  next: (at: number) => Buffer,
  limit: number,
): Promise<"ended" | "not taken" | "taken"> {
  socket.write(preface);
  for (let at = 0; at < limit && !socket.destroyed; at += 1) {
    if (!socket.write(next(at)) && !(await drained(socket))) return "not taken";
    if (at % 500 === 0) await pause(1);
  }
  return socket.destroyed ? "ended" : "taken";
}

/** False if nothing was taken for a second. */
function drained(socket: Socket): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), 1000);
    const settle = () => {
      clearTimeout(timer);
      socket.off("drain", settle).off("close", settle);
      resolve(true);
    };
    socket.on("drain", settle).on("close", settle);
  });
}

describe.each(Object.entries(floods))("%s", (name, next) => {
  test("cost the connection, and nobody else anything", async () => {
    const reads = name !== "SETTINGS" && name !== "streams that are never read";
    const server = await start({ gate: refuseAll, limits: { stallMs: 200 } });
    const socket = await open(server.port);
    if (reads) socket.resume();
    const ended = flood(socket, next, 200_000);
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => converse(server.port, checkOverHttp1(server.port))),
    );
    expect(answers.every((answer) => answer.startsWith("HTTP/1.1 403"))).toBe(true);
    expect(await ended).toBe("ended");
  });
});

test("PINGs that are answered in vain are not kept", async () => {
  const server = await start({});
  const socket = await open(server.port);
  socket.pause();
  // Who does not read its answers is not read either.
  const pings = () => frame(ping, 0, 0, Buffer.alloc(8));
  expect(await flood(socket, pings, 1_000_000)).not.toBe("taken");
  socket.destroy();
});

test("connections of one source are counted, and those above the limit closed at once", async () => {
  const server = await start({ limits: { connectionsPerSource: 3 } });
  const first = await Promise.all([1, 2, 3].map(() => open(server.port)));
  expect(await converse(server.port, checkOverHttp1(server.port))).toBe("");
  const [one] = first;
  one?.destroy();
  const isServed = async () =>
    (await converse(server.port, checkOverHttp1(server.port))).startsWith("HTTP/1.1 200 ");
  await until(isServed);
  for (const socket of first) socket.destroy();
});

test("streams within the limits are no flood: a client may cancel what it began", async () => {
  const server = await start({});
  const transport = createConnectTransport({ baseUrl: server.url, httpVersion: "2" });
  const health = createClient(Health, transport);
  for (let at = 0; at < 200; at += 1) {
    const controller = new AbortController();
    const cancelled = health.check({}, { signal: controller.signal }).catch(() => {});
    controller.abort();
    await cancelled;
  }
  await expect(health.check({})).resolves.toBeDefined();
});
