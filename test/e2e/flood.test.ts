// One anonymous client that takes whatever it can get: connections, streams, answers that it does not read. The server
// stays small, and others are served meanwhile.
import { once } from "node:events";
import { request } from "node:http";
import { connect, type Socket } from "node:net";
import { json } from "node:stream/consumers";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, expect, test } from "@jest/globals";
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
import { type RunningServer, startServer } from "./process.ts";

/** All of 127.0.0.0/8 is the loopback; the attacker and others come from different addresses in it. */
const [attacker, honest] = ["127.0.0.66", "127.0.0.1"];
const connectionsPerAttack = 250;
const streamsPerConnection = 100;
const mostMegabytes = 400;

let server: RunningServer;
const sockets: Socket[] = [];
beforeAll(async () => {
  server = await startServer(["--metrics-listen", "127.0.0.1:0"]);
});
afterAll(() => server.remove());

async function residentMegabytes(): Promise<number> {
  const text = await (await fetch(`${server.metricsUrl}/metrics`)).text();
  return Number(/^process_resident_memory_bytes (\S+)/m.exec(text)?.[1]) / 1e6;
}

/** A call of somebody who is known: how long it took, in milliseconds. */
async function honestCall(): Promise<number> {
  const began = performance.now();
  const headers = Object.fromEntries(
    hmacHeaders({ type: "Metal-View", key: server.keys["Metal-View"] ?? "" }),
  );
  const { port } = new URL(server.url);
  const call = request({
    host: "127.0.0.1",
    port,
    localAddress: honest,
    method: "POST",
    path: "/metal.v1.AccessService/WhoAmI",
    headers: { ...headers, "content-type": "application/json" },
  });
  call.end("{}");
  const [response] = await once(call, "response");
  expect(response.statusCode).toBe(200);
  expect(await json(response)).toMatchObject({ id: "hmac:Metal-View" });
  return performance.now() - began;
}

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

test.each(Object.entries(attacks))(
  "%s cost little, and others nothing",
  async (_, bytes) => {
    const memory: number[] = [];
    const times: number[] = [];
    for (let at = 0; at < connectionsPerAttack; at += 1) {
      const socket = await open();
      socket.resume().write(bytes);
      if (at % 25 !== 0) continue;
      memory.push(await residentMegabytes());
      times.push(await honestCall());
    }
    await pause(500);
    memory.push(await residentMegabytes());
    expect(Math.max(...memory)).toBeLessThan(mostMegabytes);
    expect(Math.max(...times)).toBeLessThan(3000);
  },
  60_000,
);

test("afterwards the server is as it was", async () => {
  await pause(1000);
  const text = await (await fetch(`${server.metricsUrl}/metrics`)).text();
  expect(text).toContain('metal_open_requests{caller="strangers"} 0');
  expect(await honestCall()).toBeLessThan(1000);
});
