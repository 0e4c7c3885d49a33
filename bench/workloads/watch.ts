// Many streams that watch the same machine: what they hold while nothing happens, and how soon all of them hear of a
// change.
import { once } from "node:events";
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from "node:http2";
import { setTimeout as pause } from "node:timers/promises";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { MachineService } from "../../gen/metal/v1/machine_pb.ts";
import { quantile, several, spreads } from "../report/spread.ts";
import type { Column } from "../report/table.ts";
import { changing, type Stage } from "../stage.ts";
import { requestOf } from "../wire.ts";
import type { Workload } from "./workload.ts";

/** As many as the server takes. */
const streamsPerConnection = 100;

const columns: readonly Column[] = [
  { key: "name", head: "" },
  { key: "value", head: "figure", digits: 1 },
];

export const watching: Workload = {
  name: "watch",
  meaning: "open streams that watch a machine, and a change of it that all of them are told",
  async run(stage) {
    const { streams: count, rounds, seconds } = stage.options;
    stage.note(`watch: ${count} streams`);
    const before = await stage.metal.usage("usage without garbage");
    const begunMs = performance.now();
    const watchers = await openWatchers(stage, count);
    const openedMs = performance.now() - begunMs;
    const open = await stage.metal.usage("usage without garbage");
    const idle = await idleShare(stage, seconds);
    const told = spreads(await several(rounds, (round) => tell(stage, watchers, round)));
    watchers.close();
    const kilobytes = (key: "rss" | "heapUsed") => (open[key] - before[key]) / 1000 / count;
    const values = {
      "all open and told of their machine after, ms": openedMs,
      "CPU to open one, µs": (open.cpuMicros - before.cpuMicros) / count,
      "memory of the process for each, kB": kilobytes("rss"),
      "of this on the heap, kB": kilobytes("heapUsed"),
      "CPU while nothing happens, % of a core": idle * 100,
      "from a change to the first stream that is told, ms": told.first,
      "to half of them, ms": told.median,
      "to the last, ms": told.last,
      "CPU for each that is told, µs": told.cpuMicros,
    };
    const rows = Object.entries(values).map(([name, value]) => ({ name, value }));
    return [{ title: `${count} open streams: watch a machine, gRPC, OIDC`, columns, rows }];
  },
};

/** Streams that are open. */
interface Watchers {
  /** How long after `change` began each of them heard a message with `marker`, in milliseconds, ascending. */
  untilTold(marker: string, change: () => Promise<unknown>): Promise<number[]>;
  close(): void;
}

async function openWatchers(stage: Stage, count: number): Promise<Watchers> {
  const { url } = stage.metal;
  const plain = requestOf("grpc", MachineService.method.watch, { id: changing });
  const headers = { ...plain.headers, ...(await stage.bearer("view")) };
  const sessions: ClientHttp2Session[] = [];
  const streams: ClientHttp2Stream[] = [];
  while (streams.length < count) {
    const session = connect(url);
    sessions.push(session);
    const more = Math.min(streamsPerConnection, count - streams.length);
    const opened = Array.from({ length: more }, () => {
      const stream = session.request({ ":method": "POST", ":path": plain.path, ...headers });
      return stream.end(plain.body);
    });
    await Promise.all(opened.map((stream) => once(stream, "data")));
    streams.push(...opened);
  }
  return {
    async untilTold(marker, change) {
      const begunMs = performance.now();
      const all = Promise.all(streams.map((stream) => heard(stream, marker)));
      await change();
      return (await all).map((heardMs) => heardMs - begunMs).sort((a, b) => a - b);
    },
    close() {
      for (const stream of streams) stream.on("error", () => {});
      for (const session of sessions) session.destroy();
    },
  };
}

/** Resolves to the time at which a chunk with `marker` came. */
function heard(stream: ClientHttp2Stream, marker: string): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  const listen = (chunk: Buffer) => {
    if (!chunk.includes(marker)) return;
    stream.off("data", listen);
    resolve(performance.now());
  };
  stream.on("data", listen);
  return promise;
}

async function idleShare({ metal }: Stage, seconds: number): Promise<number> {
  const before = await metal.usage();
  await pause(seconds * 1000);
  const after = await metal.usage();
  return (after.cpuMicros - before.cpuMicros) / (seconds * 1_000_000);
}

async function tell(stage: Stage, watchers: Watchers, round: number) {
  const transport = createGrpcTransport({ baseUrl: stage.metal.url });
  const options = { headers: await stage.bearer("edit") };
  const marker = `told in round ${round}`;
  const before = await stage.metal.usage();
  const tookMs = await watchers.untilTold(marker, () =>
    createClient(MachineService, transport).setTags({ id: changing, tags: [marker] }, options),
  );
  const after = await stage.metal.usage();
  return {
    first: quantile(tookMs, 0),
    median: quantile(tookMs, 0.5),
    last: quantile(tookMs, 1),
    cpuMicros: (after.cpuMicros - before.cpuMicros) / tookMs.length,
  };
}
