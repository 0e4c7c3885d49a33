// One anonymous client that takes whatever it can get: connections, streams, answers that it does not read. The server
// stays small, and others are served meanwhile.
import { once } from "node:events";
import { request } from "node:http";
import { connect, type Socket } from "node:net";
import { json } from "node:stream/consumers";
import { afterAll, afterEach, beforeAll, expect, test } from "@jest/globals";
import { defaultInFlight } from "../../src/limit/in-flight.ts";
import { hmacHeaders } from "../auth/signed.ts";
import {
  frame,
  headersFrame,
  initialWindowSize,
  preface,
  requestHeaders,
  settingFrame,
  wholeRequest,
} from "../http/frames.ts";
import { until } from "../world/until.ts";
import { type RunningServer, startServer } from "./process.ts";

/** All of 127.0.0.0/8 is the loopback; the attacker and others come from different addresses in it. */
const [attacker, honest] = ["127.0.0.66", "127.0.0.1"];
const connectionsPerAttack = 250;
const streamsPerConnection = 100;
const mostMegabytes = 400;
const { strangersPerSource } = defaultInFlight;

let server: RunningServer;
const sockets: Socket[] = [];
beforeAll(async () => {
  server = await startServer(["--metrics-listen", "127.0.0.1:0"]);
});
afterAll(() => server.remove());

/** What the server tells of itself. */
async function figures(): Promise<{ readonly megabytes: number; readonly strangers: number }> {
  const text = await (await fetch(`${server.metricsUrl}/metrics`)).text();
  const figure = (line: RegExp) => Number(line.exec(text)?.[1]);
  return {
    megabytes: figure(/^process_resident_memory_bytes (\S+)/m) / 1e6,
    strangers: figure(/^metal_open_requests\{caller="strangers"\} (\S+)/m),
  };
}

/**
 * A call of somebody who is known, on a connection of its own: it is accepted after all that came before, so whoever
 * waits for its answer knows that the server has seen them.
 */
async function honestCall(): Promise<unknown> {
  const headers = Object.fromEntries(
    hmacHeaders({ type: "Metal-View", key: server.keys["Metal-View"] ?? "" }),
  );
  const { port } = new URL(server.url);
  const call = request({
    host: "127.0.0.1",
    port,
    localAddress: honest,
    agent: false,
    method: "POST",
    path: "/metal.v1.AccessService/WhoAmI",
    headers: { ...headers, "content-type": "application/json" },
  });
  call.end("{}");
  const [response] = await once(call, "response");
  return json(response);
}

const answer = expect.objectContaining({ id: "hmac:Metal-View" });

async function open(): Promise<Socket> {
  const { port } = new URL(server.url);
  const socket = connect({ port: Number(port), host: "127.0.0.1", localAddress: attacker });
  sockets.push(socket.on("error", () => {}));
  await Promise.race([once(socket, "connect"), once(socket, "close")]);
  return socket;
}

const grpc = requestHeaders.map(([name, value]) =>
  name === "content-type" ? ([name, "application/grpc+proto"] as const) : ([name, value] as const),
);
const ids = Array.from({ length: streamsPerConnection }, (_, at) => 2 * at + 1);
const watch = [[":path", "/grpc.health.v1.Health/Watch"], ...grpc] as const;
const check = [[":path", "/grpc.health.v1.Health/Check"], ...grpc] as const;
const large = Array.from({ length: 100 }, (_, at) => [`x-${at}`, "x".repeat(100)] as const);
const emptyMessage = Buffer.alloc(5);

const attacks: Readonly<Record<string, Buffer>> = {
  "streams without end": Buffer.concat([
    preface,
    ...ids.flatMap((id) => [headersFrame(id, watch), frame(0, 1, id, emptyMessage)]),
  ]),
  "requests without end, with large headers": Buffer.concat([
    preface,
    ...ids.map((id) => headersFrame(id, [...check, ...large])),
  ]),
  "answers that are not read": Buffer.concat([
    preface,
    settingFrame(initialWindowSize, 0),
    ...ids.map((id) => wholeRequest(id, check)),
  ]),
};

afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
});

test.each(Object.entries(attacks))("%s cost little, and others are served", async (_, bytes) => {
  const seen: Awaited<ReturnType<typeof figures>>[] = [];
  for (let at = 0; at < connectionsPerAttack; at += 1) {
    const socket = await open();
    socket.resume().write(bytes);
    if (at % 25 !== 0) continue;
    expect(await honestCall()).toEqual(answer);
    seen.push(await figures());
  }
  expect(await honestCall()).toEqual(answer);
  seen.push(await figures());
  expect(Math.max(...seen.map(({ megabytes }) => megabytes))).toBeLessThan(mostMegabytes);
  expect(Math.max(...seen.map(({ strangers }) => strangers))).toBeLessThanOrEqual(
    strangersPerSource,
  );
});

test("afterwards the server is as it was", async () => {
  await until(async () => (await figures()).strangers === 0);
  expect(await honestCall()).toEqual(answer);
});
