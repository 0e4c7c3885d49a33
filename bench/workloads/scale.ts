// How answers slow down as the data centre grows: the same calls to servers with a thousand, ten thousand and a hundred
// thousand machines, in turn.
import { setTimeout as pause } from "node:timers/promises";
import { Code, ConnectError } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { metalConnect } from "../contender.ts";
import type { Column, Table } from "../report/table.ts";
import { ratioOf, spreadOf } from "../report/spread.ts";
import { fillStore } from "../scale/inventory.ts";
import { type Operation, operations, type Site, siteOf } from "../scale/operation.ts";
import { startServer } from "../server-process.ts";
import type { Stage } from "../stage.ts";
import { openSqlStore } from "../../src/store/sql.ts";
import { openSqliteEngine } from "../../src/store/sqlite-engine.ts";
import type { Workload } from "./workload.ts";

const sizes = [1_000, 10_000, 100_000] as const;
/** How often each of them is asked in a round. */
const asked = 20;
/** How often before anything counts. */
const unmeasured = 5;

const columns: readonly Column[] = [
  { key: "name", head: "operation" },
  ...sizes.map((size) => ({ key: `${size}`, head: `ms with ${size}`, digits: 2 })),
  { key: "ratio", head: "last ÷ first", digits: 2 },
  { key: "bound", head: "at most", digits: 1 },
];

export const scale: Workload = {
  name: "scale",
  meaning: "the same calls with 1000, 10,000 and 100,000 machines",
  async run(stage) {
    await using servers = new AsyncDisposableStack();
    const sites: Site[] = [];
    for (const size of sizes) sites.push(await openSite(stage, servers, size));
    const rows: Table["rows"][number][] = [];
    for (const operation of operations) {
      stage.note(`scale: ${operation.name}`);
      rows.push(await measure(operation, sites, stage.options.rounds));
    }
    return [{ title: this.meaning, columns, rows }];
  },
};

async function openSite(stage: Stage, servers: AsyncDisposableStack, size: number): Promise<Site> {
  stage.note(`scale: filling a store with ${size} machines`);
  const settings = { ...stage.settings, data: stage.file(`scale-${size}`) };
  const store = await openSqlStore(openSqliteEngine(settings.data, "off"));
  const privateId = await fillStore(store, size);
  await store.close();
  const log = stage.file(`scale-${size}.log`);
  const server = servers.use(await startServer(metalConnect({ ...settings, log })));
  const transport = createConnectTransport({ baseUrl: server.url, httpVersion: "2" });
  const admin = { headers: await stage.bearer("admin") };
  const site = siteOf(transport, { machines: size, privateId, admin });
  stage.note("scale: waiting until the audit is sealed");
  while (!(await isSealed(site))) await pause(500);
  return site;
}

/** A server that has run for a while has nothing left to seal. */
async function isSealed({ audit, admin }: Site): Promise<boolean> {
  try {
    return (await audit.head({}, admin)).unsealed === 0n;
  } catch (error) {
    if (ConnectError.from(error).code === Code.NotFound) return false;
    throw error;
  }
}

/** Asks all sites in turn, so that whatever else the machine does meets all of them. */
async function measure({ name, bound, ask }: Operation, sites: readonly Site[], rounds: number) {
  const medians = sites.map((): number[] => []);
  let count = 0;
  const askAll = async (times: number): Promise<number[][]> => {
    const found = sites.map((): number[] => []);
    for (let time = 0; time < times; time += 1, count += 1)
      for (const [at, site] of sites.entries()) found[at]?.push(await ask(site, count));
    return found;
  };
  await askAll(unmeasured);
  for (let round = 0; round < rounds; round += 1)
    for (const [at, found] of (await askAll(asked)).entries())
      medians[at]?.push(spreadOf(found).median);
  return {
    name,
    ...Object.fromEntries(medians.map((found, at) => [`${sizes[at]}`, spreadOf(found).median])),
    ratio: ratioOf(medians.at(-1) ?? [], medians[0] ?? []),
    ...(bound !== undefined && { bound }),
  };
}
