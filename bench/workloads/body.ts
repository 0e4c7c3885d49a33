// Nobody's call with a body of a mebibyte: it is refused by its headers, and the body is left where it is.
import { once } from "node:events";
import { request } from "node:http";
import { type ClientHttp2Session, connect } from "node:http2";
import { MachineService } from "../../gen/metal/v1/machine_pb.ts";
import { repeat } from "../load/callers.ts";
import { several, spreads } from "../report/spread.ts";
import type { Column } from "../report/table.ts";
import type { Stage } from "../stage.ts";
import { type Http, pathOf } from "../wire.ts";
import type { Workload } from "./workload.ts";

const path = pathOf(MachineService.method.update);
const body = Buffer.alloc(1024 * 1024);
const headers = { "content-type": "application/proto", "content-length": body.length };
const connections = 8;
/** More bodies at once would fill what the server keeps of a connection, which it ends then. */
const callsPerConnection: Readonly<Record<Http, number>> = { "1.1": 1, "2": 2 };
/** What a client may keep of bodies that it cannot send: Node counts them long after, and refuses answers for them. */
const clientMegabytes = 1_000_000;
const unauthorized = 401;

const columns: readonly Column[] = [
  { key: "title", head: "" },
  { key: "calls", head: "calls" },
  { key: "cpuMicros", head: "µs CPU/call" },
  { key: "readBytes", head: "bytes read/call" },
];

export const unreadBody: Workload = {
  name: "body",
  meaning: "a call without a credential and with a body of 1 MiB",
  async run(stage) {
    stage.note("body");
    const rows = [
      { title: "Connect, HTTP/1.1", ...(await measure(stage, "1.1", () => refuse1(stage))) },
      { title: "Connect, HTTP/2", ...(await overHttp2(stage)) },
    ];
    return [{ title: "no credential, 1 MiB of body", columns, rows }];
  },
};

async function overHttp2(stage: Stage) {
  const sessions = Array.from({ length: connections }, () =>
    connect(stage.metal.url, { maxSessionMemory: clientMegabytes }),
  );
  try {
    return await measure(stage, "2", (caller) => refuse2(sessions[caller % connections]));
  } finally {
    for (const session of sessions) session.destroy();
  }
}

async function measure(
  { options, metal }: Stage,
  http: Http,
  work: (caller: number) => Promise<void>,
) {
  const callers = connections * callsPerConnection[http];
  const round = async () => {
    const before = await metal.usage();
    const { length: calls } = await repeat({ callers, seconds: options.seconds }, work);
    const after = await metal.usage();
    return {
      calls,
      cpuMicros: (after.cpuMicros - before.cpuMicros) / calls,
      readBytes: ((after.readBytes ?? Number.NaN) - (before.readBytes ?? 0)) / calls,
    };
  };
  await round();
  return spreads(await several(options.rounds, round));
}

/** Each call has a connection of its own: the server closes it after its answer. */
async function refuse1({ metal }: Stage): Promise<void> {
  const call = request(new URL(path, metal.url), { method: "POST", headers, agent: false });
  const closed = new Promise((resolve) => call.once("close", resolve));
  // The connection may be gone before the body is.
  call.on("error", () => {}).end(body);
  let status: number | undefined;
  call.once("response", (response) => {
    status = response.resume().statusCode;
  });
  await closed;
  assertRefused(status);
}

/** Waits until the server ends the stream. */
async function refuse2(session: ClientHttp2Session | undefined): Promise<void> {
  if (session === undefined) throw new Error("there is no connection");
  const stream = session.request({ ":method": "POST", ":path": path, ...headers });
  const closed = new Promise((resolve) => stream.once("close", resolve));
  stream
    .on("error", () => {})
    .resume()
    .end(body);
  const [response] = await once(stream, "response");
  assertRefused(response[":status"]);
  await closed;
}

function assertRefused(status: number | undefined): void {
  if (status !== unauthorized) throw new Error(`a call without a credential got ${status}`);
}
