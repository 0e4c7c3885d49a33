// The benchmark: metal-connect with everything on, bare servers beside it, and what a call costs each of them.
import { writeFileSync } from "node:fs";
import { helpText, type Options, readOptions } from "./options.ts";
import { markdown, plain, type Table } from "./report/table.ts";
import { openStage } from "./stage.ts";
import { addresses } from "./workloads/address.ts";
import { unreadBody } from "./workloads/body.ts";
import { checks } from "./workloads/checks.ts";
import { generators } from "./workloads/generators.ts";
import { halfLoad } from "./workloads/pace.ts";
import { getOthers, getUsual, listUsual } from "./workloads/read.ts";
import { refusedCalls } from "./workloads/refused.ts";
import { scale } from "./workloads/scale.ts";
import { soak } from "./workloads/soak.ts";
import { startUp } from "./workloads/start.ts";
import { watching } from "./workloads/watch.ts";
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
  watching,
  halfLoad,
  startUp,
  scale,
  soak,
  generators,
];

/** Runs the workloads of the options, and gives each table to `onTable` as soon as it is there. */
export async function measureAll(
  options: Options,
  onTable: (table: Table) => void,
): Promise<Table[]> {
  await using stage = await openStage(options);
  const wanted = workloads.filter(
    ({ name }) => options.only.length === 0 || options.only.includes(name),
  );
  const tables: Table[] = [];
  for (const workload of wanted) {
    const found = await workload.run(stage);
    found.forEach(onTable);
    tables.push(...found);
  }
  return tables;
}

async function main(argv: readonly string[]): Promise<void> {
  const options = readOptions(argv, workloads);
  if (options === undefined) return void process.stdout.write(helpText(workloads));
  const print = options.markdown ? markdown : plain;
  const tables = await measureAll(options, (table) => process.stdout.write(`${print(table)}\n`));
  if (options.json !== undefined)
    writeFileSync(options.json, `${JSON.stringify(tables, undefined, 2)}\n`);
}

if (import.meta.main) await main(process.argv.slice(2));
