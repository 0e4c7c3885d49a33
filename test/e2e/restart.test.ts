// A rolling restart under load: one server of two at a time, and no call is lost for a client that comes back when it
// is told "unavailable".
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, expect, test } from "@jest/globals";
import { type RunningServer, startServer } from "./process.ts";
import { until } from "../world/until.ts";

const running: RunningServer[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.remove()));
});

/** A port that is free now. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}

async function start(...args: string[]): Promise<RunningServer> {
  const server = await startServer(["--listen", `127.0.0.1:${await freePort()}`, ...args]);
  running.push(server);
  return server;
}

function startLoad(urls: readonly string[]) {
  const client = spawn(process.execPath, [join(import.meta.dirname, "load-client.ts"), ...urls], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const said = text(client.stdout);
  return async () => {
    client.stdin.end();
    return JSON.parse(await said) as {
      readonly answered: number;
      readonly retried: number;
      readonly streamEnds: Record<string, number>;
      readonly failures: Record<string, number>;
    };
  };
}

/** The load is one source, and anonymous. */
const unlimited = ["--rate-limit-source", "off"];

test("servers that are restarted one after the other drop nothing", async () => {
  let servers = await Promise.all([start(...unlimited), start(...unlimited)]);
  const stopLoad = startLoad(servers.map(({ url }) => url));
  await pause(500);
  for (const at of [0, 1, 0]) {
    const server = servers[at] as RunningServer;
    expect(await server.end("SIGTERM")).toBe(0);
    const again = await server.again();
    running.push(again);
    servers = servers.with(at, again) as typeof servers;
    await pause(300);
  }
  const { answered, retried, streamEnds, failures } = await stopLoad();
  expect(failures).toEqual({});
  expect(answered).toBeGreaterThan(100);
  expect(retried).toBeGreaterThan(0);
  // Each restart ends the stream that runs. Attempts to come back may fail in any way until the server is there.
  expect(Object.keys(streamEnds)).toEqual(["Unavailable"]);
}, 60_000);

test("a server that stops says so to probes first, and serves until the delay is over", async () => {
  const server = await start("--shutdown-delay", "3");
  const status = async (path: string) => (await fetch(server.url + path)).status;
  expect(await status("/readyz")).toBe(200);
  const ended = server.end("SIGTERM");
  await until(async () => (await status("/readyz")) === 503);
  expect(await status("/healthz")).toBe(200);
  const call = await fetch(`${server.url}/metal.v1.VersionService/Get`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: "{}",
  });
  expect(call.status).toBe(200);
  expect(await ended).toBe(0);
});
