// From nothing to the first answer, and what an idle server holds.
import { setTimeout as pause } from "node:timers/promises";
import { VersionService } from "../../gen/metal/v1/version_pb.ts";
import { metalConnect } from "../contender.ts";
import { several, spreads } from "../report/spread.ts";
import type { Column } from "../report/table.ts";
import { startServer } from "../server-process.ts";
import { pathOf } from "../wire.ts";
import type { Stage } from "../stage.ts";
import type { Workload } from "./workload.ts";

const columns: readonly Column[] = [
  { key: "name", head: "" },
  { key: "answeredMs", head: "first answer, ms" },
  { key: "rss", head: "idle process, MB", digits: 1 },
  { key: "heapUsed", head: "heap without garbage, MB", digits: 1 },
];
const megabyte = 1_000_000;
/** What a start leaves to be done is done after so long. */
const settleMs = 500;

export const startUp: Workload = {
  name: "start",
  meaning: "from the start of the process to its first answer, and memory while nobody calls",
  async run(stage) {
    stage.note("start");
    const { rounds } = stage.options;
    const found = await several(rounds, (round) => startOnce(stage, `start-${round}`));
    const row = { name: "metal-connect, empty store", ...spreads(found) };
    return [{ title: "start", columns, rows: [row] }];
  },
};

async function startOnce({ settings, file }: Stage, name: string) {
  const own = { ...settings, data: file(name), log: file(`${name}.log`) };
  const begunMs = performance.now();
  await using server = await startServer(metalConnect(own));
  const path = pathOf(VersionService.method.get);
  const headers = { "content-type": "application/json" };
  const answer = await fetch(new URL(path, server.url), { method: "POST", headers, body: "{}" });
  if (!answer.ok) throw new Error(`the first answer was ${answer.status}`);
  const answeredMs = performance.now() - begunMs;
  await pause(settleMs);
  const { rss } = await server.usage();
  const { heapUsed } = await server.usage("usage without garbage");
  return { answeredMs, rss: rss / megabyte, heapUsed: heapUsed / megabyte };
}
