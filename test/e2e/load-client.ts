// A client under load, as a process of its own: it calls one of several servers again and again, turns to the next one
// when a call fails with unavailable, and counts whatever else happens. Ends when its standard input does.
import { setTimeout as pause } from "node:timers/promises";
import { Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import { Health } from "../../gen/grpc/health/v1/health_pb.ts";
import { VersionService } from "../../gen/metal/v1/version_pb.ts";

const urls = process.argv.slice(2);
const kinds: ReadonlyArray<(baseUrl: string) => Transport> = [
  (baseUrl) => createGrpcTransport({ baseUrl }),
  (baseUrl) => createConnectTransport({ baseUrl, httpVersion: "2" }),
  (baseUrl) => createGrpcWebTransport({ baseUrl, httpVersion: "2" }),
];
const counts = { answered: 0, retried: 0, streamEnds: {}, vainAttempts: {}, failures: {} };
const note = (into: Record<string, number>, name: string) => (into[name] = (into[name] ?? 0) + 1);
let running = true;

/** What a call ended with; undefined if it went well. */
async function outcome(call: Promise<unknown>): Promise<ConnectError | undefined> {
  return call.then(
    () => undefined,
    (error: unknown) => ConnectError.from(error),
  );
}

const retryLimit = 200;
const retryMs = 20;
/** A watcher leaves a server that has sent it away alone for a moment. */
const comeBackMs = 1000;

async function callAgainAndAgain(transports: readonly Transport[], first: number): Promise<void> {
  let at = first;
  let tries = 0;
  while (running) {
    const transport = transports[at % transports.length] as Transport;
    const error = await outcome(createClient(VersionService, transport).get({}));
    if (error === undefined) counts.answered += 1;
    tries = error === undefined ? 0 : tries + 1;
    if (error !== undefined && (error.code !== Code.Unavailable || tries > retryLimit))
      note(counts.failures, `${Code[error.code]}: ${error.rawMessage}`);
    if (error === undefined) continue;
    counts.retried += 1;
    at += 1;
    await pause(retryMs);
  }
}

/** Watches the health of one server, and comes back whenever that ends. */
async function watch(transport: Transport): Promise<void> {
  while (running) {
    const messages = createClient(Health, transport).watch({})[Symbol.asyncIterator]();
    const vain = await outcome(messages.next());
    const error = vain ?? (await outcome(readAll(messages)));
    const ends = vain === undefined ? counts.streamEnds : counts.vainAttempts;
    note(ends, error === undefined ? "ok" : (Code[error.code] ?? ""));
    await pause(comeBackMs);
  }
}

async function readAll(messages: AsyncIterator<unknown>): Promise<void> {
  while (!(await messages.next()).done);
}

for (const kind of kinds) {
  const transports = urls.map(kind);
  for (const first of [0, 1, 2, 3]) void callAgainAndAgain(transports, first);
}
for (const url of urls) void watch(createGrpcTransport({ baseUrl: url }));

process.stdin.resume();
process.stdin.on("end", () => {
  running = false;
  process.stdout.write(`${JSON.stringify(counts)}\n`, () => process.exit());
});
