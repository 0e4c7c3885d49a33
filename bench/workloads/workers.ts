// What a second worker is worth. Each has the same share of a core, so that there is room for two of them, for the
// database and for whoever calls.
import { randomBytes } from "node:crypto";
import { openPostgresStore } from "../../src/store/postgres.ts";
import { compare, type Entrant, warmUp } from "../compare.ts";
import { metalConnect } from "../contender.ts";
import { fill } from "../inventory.ts";
import { childrenOf, cpuMicrosOf } from "../processes.ts";
import { openQuota } from "../quota.ts";
import { comparisonTable } from "../report/comparison.ts";
import type { Table } from "../report/table.ts";
import { startServer } from "../server-process.ts";
import { get } from "../servers/prepared.ts";
import { askedFor, type Stage } from "../stage.ts";
import { requestOf } from "../wire.ts";
import type { Workload } from "./workload.ts";

/** Of a core, for each worker. */
const share = 0.3;
const machines = 200;
/** In the order in which they are compared. */
const counts = [2, 1] as const;

export const moreWorkers: Workload = {
  name: "workers",
  meaning:
    "calls per second of two workers and of one, each held to a share of a core; as root, where BENCH_DATABASE_URL names a database that no benchmark has used",
  async run(stage) {
    const url = process.env["BENCH_DATABASE_URL"];
    if (url === undefined) return leftOut(stage, "BENCH_DATABASE_URL names no database");
    await using stack = new AsyncDisposableStack();
    const quota = openQuota(share);
    if (quota === undefined) return leftOut(stage, "this process may not limit others");
    stack.use(quota);
    await fillDatabase(url);
    const key = randomBytes(32).toString("hex");
    const entrants: (Entrant & { readonly workers: readonly number[] })[] = [];
    for (const count of counts) {
      const args = ["--database-url", url, "--secrets-key", key, "--workers", `${count}`];
      entrants.push(await start(stage, stack, { count, args }));
    }
    stage.note("workers: warming up");
    for (const entrant of entrants) await warmUp(entrant, stage.options);
    for (const { workers } of entrants) for (const pid of workers) quota.hold(pid);
    stage.note("workers");
    const rows = await compare(entrants, stage.options);
    return [
      comparisonTable(`workers with ${share * 100} % of a core each: get a machine, gRPC`, rows),
    ];
  },
};

function leftOut(stage: Stage, why: string): Table[] {
  stage.note(`workers: left out, ${why}`);
  return [];
}

async function fillDatabase(url: string): Promise<void> {
  const store = await openPostgresStore({ url });
  try {
    await fill(store, machines);
  } finally {
    await store.close();
  }
}

interface Start {
  readonly count: number;
  /** Beside those of every server. */
  readonly args: readonly string[];
}

async function start(stage: Stage, stack: AsyncDisposableStack, { count, args }: Start) {
  const { settings, file, generator } = stage;
  const name = `workers-${count}`;
  const command = metalConnect({ ...settings, data: file(name), log: file(`${name}.log`) });
  const server = stack.use(await startServer({ ...command, args: [...command.args, ...args] }));
  const workers = count === 1 ? [server.pid] : childrenOf(server.pid);
  const cpuMicros = () => workers.map(cpuMicrosOf).reduce((sum, each) => sum + each, 0);
  const plain = requestOf("grpc", get, { id: askedFor });
  const request = { ...plain, headers: { ...plain.headers, ...(await stage.bearer("view")) } };
  return {
    name: count === 1 ? "1 worker" : `${count} workers`,
    workers,
    server: { usage: async () => ({ cpuMicros: cpuMicros() }) },
    load: { url: server.url, http: "2", request },
    generator,
  } as const;
}
