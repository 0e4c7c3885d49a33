// How long calls take while a server does half of what it can: the load comes at its own pace, whether the server keeps
// up or not, so that a pause is seen by everybody who waits in it.
import { get } from "../servers/prepared.ts";
import { warmUp } from "../compare.ts";
import { bareServers } from "../contender.ts";
import type { Load } from "../load/load.ts";
import { several, spreads } from "../report/spread.ts";
import type { Column } from "../report/table.ts";
import { askedFor, type Stage } from "../stage.ts";
import { requestOf } from "../wire.ts";
import type { Workload } from "./workload.ts";

const columns: readonly Column[] = [
  { key: "name", head: "" },
  { key: "perSecond", head: "calls/s" },
  { key: "median", head: "median, µs" },
  { key: "p99", head: "p99, µs" },
  { key: "max", head: "slowest, µs" },
  { key: "p99ByMedian", head: "p99 ÷ median", digits: 2 },
];

export const halfLoad: Workload = {
  name: "pace",
  meaning: "latencies of getting a machine, at half of the calls per second that are possible",
  async run(stage) {
    const rows = [];
    for (const course of await coursesOf(stage)) {
      stage.note(`pace: ${course.name}`);
      rows.push({ name: course.name, ...(await measure(stage, course)) });
    }
    return [{ title: "half load: get a machine, gRPC", columns, rows }];
  },
};

/** A server, and how it is driven. */
interface Course {
  readonly name: string;
  readonly load: Omit<Load, "seconds">;
}

async function coursesOf(stage: Stage): Promise<Course[]> {
  const plain = requestOf("grpc", get, { id: askedFor });
  const request = { ...plain, headers: { ...plain.headers, ...(await stage.bearer("view")) } };
  const bare = bareServers
    .filter(({ protocols }) => protocols.includes("grpc"))
    .map(async (each) => ({ name: each.name, server: await stage.bare(each, "2") }));
  const servers = [
    { name: "metal-connect, OIDC", server: stage.metal },
    ...(await Promise.all(bare)),
  ];
  return servers.map(({ name, server }) => ({
    name,
    load: { url: server.url, http: "2", request },
  }));
}

async function measure({ options, bundled }: Stage, { name, load }: Course) {
  const { rounds, seconds } = options;
  await warmUp({ name, load, generator: bundled }, options);
  const round = async () => {
    const most = await bundled({ ...load, seconds });
    const perSecond = most.calls / most.seconds / 2;
    const { calls, failed, latency, ...took } = await bundled({ ...load, seconds, perSecond });
    if (failed > 0 || latency === undefined) throw new Error(`${failed} of ${calls} calls failed`);
    const { median, p99 } = latency;
    return { perSecond: calls / took.seconds, ...latency, p99ByMedian: p99 / median };
  };
  return spreads(await several(rounds, round));
}
