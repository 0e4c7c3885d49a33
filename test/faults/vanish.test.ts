// Clients that reset their connection at any byte of a call: what did not arrive whole does not happen, what arrived
// happens once or not at all, and nothing of either stays open.
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { NetworkService } from "../../gen/metal/v1/network_pb.ts";
import { ProjectService } from "../../gen/metal/v1/project_pb.ts";
import { every } from "../../src/domain/every.ts";
import { faultsOf } from "../world/books.ts";
import { credentials, startWorld, type World } from "../world/server.ts";

const whole = 60;
const parts = 240;
const procedure = "metal.v1.IPService/Allocate";

let world: World;
beforeAll(async () => {
  world = await startWorld();
  await world.client(ProjectService, "admin").create({ project: { meta: { id: "p" } } });
  const network = { id: "n", vrf: 1, prefixes: ["10.0.0.0/22"] };
  await world.client(NetworkService, "admin").create({ network });
});
afterAll(() => world.close());

function allocation(): Buffer {
  const body = JSON.stringify({ ip: { networkid: "n", projectid: "p" } });
  const headers = { ...credentials("edit", "POST"), "content-type": "application/json" };
  const lines = Object.entries({ ...headers, host: "localhost", "content-length": body.length });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return Buffer.from(`POST /${procedure} HTTP/1.1\r\n${head}\r\n${body}`);
}

/** Sends the first `length` bytes of a call, and resets the connection some event loops later. */
async function sendAndVanish(call: Buffer, length: number): Promise<void> {
  const socket = await send(call.subarray(0, length));
  await pause(length % 4);
  socket.resetAndDestroy();
}

async function send(bytes: Buffer): Promise<Socket> {
  const socket = connect(Number(new URL(world.url).port), "127.0.0.1").on("error", () => {});
  await once(socket, "connect");
  await new Promise((resolve) => socket.write(bytes, resolve));
  return socket;
}

/** Vanishes with the first byte of the answer. */
async function sendAndBeAnswered(call: Buffer): Promise<void> {
  const socket = await send(call);
  await once(socket, "data");
  socket.resetAndDestroy();
}

async function addresses(): Promise<number> {
  return (await Array.fromAsync(every(world.store.read.ip, "ip"))).length;
}

/** How often the audit says that an address was allocated. */
async function recorded(): Promise<number> {
  const where = { procedure, code: "ok" };
  return (await world.store.read.audit.list({ where, limit: 1000 })).length;
}

/** Waits until every connection before this moment has been dealt with. */
async function untilQuiet(): Promise<void> {
  await (await fetch(`${world.url}/healthz`)).text();
  const { requests } = world.figures;
  while (Object.values(requests()).some((open) => open > 0)) await pause(10);
}

test("a call of which a part is missing does not happen", async () => {
  const call = allocation();
  const cuts = Array.from({ length: parts }, (_, at) => Math.floor((at * call.length) / parts));
  for (const length of cuts) await sendAndVanish(allocation(), length);
  await untilQuiet();
  expect(await addresses()).toBe(0);
  expect(await recorded()).toBe(0);
});

test("a call that arrived whole happens once or not at all, and the audit says which", async () => {
  for (let at = 0; at < whole; at += 1) {
    const call = allocation();
    await sendAndVanish(call, call.length);
    await sendAndBeAnswered(allocation());
  }
  await untilQuiet();
  const happened = await addresses();
  expect(happened).toBeGreaterThanOrEqual(whole);
  expect(happened).toBeLessThanOrEqual(2 * whole);
  expect(await recorded()).toBe(happened);
  expect(await faultsOf(world.store)).toEqual([]);
});
