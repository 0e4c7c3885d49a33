// The whole thing: a server and a simulated data centre, used through the command line, and killed in between.
import { setTimeout as sleep } from "node:timers/promises";
import { createClient, type Interceptor } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type Machine, MachineService } from "../../gen/metal/v1/machine_pb.ts";
import { NetworkService } from "../../gen/metal/v1/network_pb.ts";
import { hmacHeaders } from "../auth/signed.ts";
import { openTerminal, type Outcome, type Terminal } from "../cli/terminal.ts";
import { type RunningServer, startServer } from "./process.ts";

const user = "Metal-Admin";
let server: RunningServer;
let terminal: Terminal;
beforeAll(async () => {
  server = await startServer(["--simulate", "2 partitions, 40 machines"]);
  terminal = await openTerminal();
});
afterAll(async () => {
  await terminal.close();
  await server.remove();
});

function transport() {
  const signing: Interceptor = (next) => (request) => {
    hmacHeaders({ type: user, key: server.keys[user] ?? "" }).forEach((value, name) =>
      request.header.set(name, value),
    );
    return next(request);
  };
  return createConnectTransport({
    baseUrl: server.url,
    httpVersion: "1.1",
    interceptors: [signing],
  });
}

/** Runs a command line as a person who knows the server's key. */
function metal(line: string): Promise<Outcome> {
  const env = {
    METAL_API_URL: server.url,
    METAL_API_HMAC: server.keys[user] ?? "",
    METAL_API_HMAC_AUTH_TYPE: user,
  };
  return terminal.metal(line, { env, now: () => new Date() });
}

async function machines(): Promise<Machine[]> {
  const client = createClient(MachineService, transport());
  return (await client.list({ pageSize: 1000 })).machines;
}

const isWaiting = ({ waiting, allocation }: Machine) => waiting && allocation === undefined;
const isHome = ({ allocation, events }: Machine) =>
  allocation?.reinstall === false && events?.log[0]?.event === "Phoned Home";

/** Waits until so many machines are as they should be, and no other is. */
async function until(wanted: { readonly waiting: number; readonly home: number }): Promise<void> {
  for (;;) {
    const all = await machines();
    const seen = { waiting: all.filter(isWaiting).length, home: all.filter(isHome).length };
    if (seen.waiting === wanted.waiting && seen.home === wanted.home) return;
    await sleep(250);
  }
}

/** Starts all calls at once, and kills the server when some of them are answered. Returns what was answered. */
async function killedAfter(
  answers: number,
  lines: readonly string[],
): Promise<ReadonlyMap<string, Outcome>> {
  const done = new Map<string, Outcome>();
  let end: Promise<unknown> | undefined;
  const calls = lines.map(async (line) => {
    const outcome = await metal(line);
    if (outcome.code === 0) done.set(line, outcome);
    if (done.size >= answers) end ??= server.end("SIGKILL");
  });
  await Promise.all(calls);
  await (end ?? server.end("SIGKILL"));
  server = await server.again();
  return done;
}

async function networkIn(partition: string): Promise<string> {
  const client = createClient(NetworkService, transport());
  return (await client.list({ name: `private-${partition}` })).networks[0]?.id ?? "";
}

async function allocations(): Promise<string[]> {
  const partitions = await Promise.all(
    ["partition-1", "partition-2"].map(async (id) => [id, await networkIn(id)] as const),
  );
  return Array.from({ length: 20 }, (_, index) => {
    const [partition, network] = partitions[index % 2] ?? [];
    return (
      `machine allocate --request-id request-${index} --project-id simulated-project ` +
      `--size-id c1-medium --image-id debian-13 --partition-id ${partition} --name web-${index} ` +
      `--networks network_id=${network} --networks network_id=internet -o json`
    );
  });
}

const idOf = ({ out }: Outcome): string => (JSON.parse(out) as { id: string }).id;

test("machines end where they should, whatever is killed in between", async () => {
  await until({ waiting: 40, home: 0 });

  const asked = await allocations();
  const answered = await killedAfter(8, asked);
  const outcomes = await Promise.all(asked.map(metal));
  expect(outcomes.map(({ code, err }) => [code, err])).toEqual(asked.map(() => [0, ""]));
  const ids = outcomes.map(idOf);
  expect(new Set(ids).size).toBe(20);
  for (const [line, outcome] of answered) expect(idOf(outcome)).toBe(ids[asked.indexOf(line)]);
  await until({ waiting: 20, home: 20 });

  const freed = ids.slice(0, 10).map((id) => `machine free ${id} -y`);
  const gone = await killedAfter(5, freed);
  const left = await Promise.all(freed.filter((line) => !gone.has(line)).map(metal));
  expect(left.map(({ code }) => code)).toEqual(left.map(() => 0));
  await until({ waiting: 30, home: 10 });

  const owned = (await machines()).filter(({ allocation }) => allocation !== undefined);
  expect(owned.map(({ id }) => id).sort()).toEqual(ids.slice(10).sort());

  // Some of them give up, and all end with a system.
  const again = ids.slice(10).map((id) => `machine reinstall ${id} --image-id debian-13 -y`);
  expect((await Promise.all(again.map(metal))).map(({ code }) => code)).toEqual(again.map(() => 0));
  await until({ waiting: 30, home: 10 });
  expect(await metal("doctor")).toEqual({ code: 0, out: "the books balance\n", err: "" });
}, 180_000);
