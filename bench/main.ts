// The benchmark: metal-connect with everything on, bare servers beside it, and what a call costs each of them.
import { writeFileSync } from "node:fs";
import { helpText, type Options, readOptions } from "./options.ts";
import { machine } from "./report/machine.ts";
import { markdown, plain, type Table } from "./report/table.ts";
import { openStage } from "./stage.ts";
import { addresses } from "./workloads/address.ts";
import { unreadBody } from "./workloads/body.ts";
import { checks } from "./workloads/checks.ts";
import { commits } from "./workloads/commit.ts";
import { generators } from "./workloads/generators.ts";
import { halfLoad } from "./workloads/pace.ts";
import { getOthers, getUsual, listUsual } from "./workloads/read.ts";
import { refusedCalls } from "./workloads/refused.ts";
import { scale } from "./workloads/scale.ts";
import { soak } from "./workloads/soak.ts";
import { startUp } from "./workloads/start.ts";
import { watching } from "./workloads/watch.ts";
import { moreWorkers } from "./workloads/workers.ts";
import type { Workload } from "./workloads/workload.ts";

/** Everything that can be measured, in the order in which it is. */
const workloads: readonly Workload[] = [
  getUsual,
  getOthers,
  listUsual,
  checks,
  refusedCalls,
  unreadBody,
  addresses,
  commits,
  watching,
  halfLoad,
  moreWorkers,
  startUp,
  scale,
  soak,
  generators,
];

/** Is told how far a run is. */
export interface Audience {
  /** What is measured now. */
  readonly note: (text: string) => void;
  /** What a workload has found, as soon as it is there. */
  readonly table: (table: Table) => void;
}

/** Runs the workloads that the options name. Rejects if a server does anything else than it should. */
export async function measureAll(options: Options, audience: Audience): Promise<Table[]> {
  await using stage = await openStage(options, audience.note);
  const isWanted = ({ name }: Workload) => options.only.length === 0 || options.only.includes(name);
  const tables: Table[] = [];
  for (const workload of workloads.filter(isWanted)) {
    const found = await workload.run(stage);
    for (const table of found) audience.table(table);
    tables.push(...found);
  }
  return tables;
}

async function main(argv: readonly string[]): Promise<void> {
  const options = readOptions(argv, workloads);
  if (options === undefined) return void process.stdout.write(helpText(workloads));
  const print = options.markdown ? markdown : plain;
  process.stdout.write(`${machine()}\n\n`);
  const tables = await measureAll(options, {
    note: (text) => void process.stderr.write(`${text}\n`),
    table: (table) => void process.stdout.write(`${print(table)}\n`),
  });
  if (options.json !== undefined)
    writeFileSync(
      options.json,
      `${JSON.stringify({ machine: machine(), tables }, undefined, 2)}\n`,
    );
}

if (import.meta.main) await main(process.argv.slice(2));
