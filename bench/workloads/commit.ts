// Durable addresses against what the engine itself commits: in one process, without a call around them.
import { DatabaseSync } from "node:sqlite";
import { create } from "@bufbuild/protobuf";
import { timestampNow } from "@bufbuild/protobuf/wkt";
import { AuditRecordSchema } from "../../gen/metal/v1/audit_pb.ts";
import { IPSchema } from "../../gen/metal/v1/ip_pb.ts";
import { NetworkSchema } from "../../gen/metal/v1/network_pb.ts";
import { PartitionSchema } from "../../gen/metal/v1/partition_pb.ts";
import { ProjectSchema } from "../../gen/metal/v1/project_pb.ts";
import { found } from "../../src/domain/entity.ts";
import { allocateIp } from "../../src/domain/ip.ts";
import { createNetwork, prepareNetwork } from "../../src/domain/network-flow.ts";
import { newTraceId } from "../../src/rbac/trace-id.ts";
import { openPostgresStore } from "../../src/store/postgres.ts";
import { openSqliteStore } from "../../src/store/sqlite.ts";
import type { Store, Transaction } from "../../src/store/store.ts";
import { repeat } from "../load/callers.ts";
import { ratioOf, several, spreadOf } from "../report/spread.ts";
import type { Column, Table } from "../report/table.ts";
import type { Stage } from "../stage.ts";
import type { Workload } from "./workload.ts";

const columns: readonly Column[] = [
  { key: "name", head: "" },
  { key: "commits", head: "one row and its commit, /s" },
  { key: "addresses", head: "addresses, /s" },
  { key: "ratio", head: "addresses ÷ commits", digits: 2 },
];

/** Allocations that are under way at the same time. */
const atOnce = [1, 32] as const;

export const commits: Workload = {
  name: "commit",
  meaning:
    "durable addresses beside the commits of the engine; PostgreSQL where BENCH_DATABASE_URL names a database that no benchmark has used",
  async run(stage) {
    const tables = [await measureSqlite(stage)];
    const url = process.env["BENCH_DATABASE_URL"];
    if (url !== undefined) tables.push(await measurePostgres(stage, url));
    return tables;
  },
};

async function measureSqlite(stage: Stage): Promise<Table> {
  using raw = new DatabaseSync(stage.file("commits.sqlite"));
  raw.exec("pragma journal_mode = wal; pragma synchronous = full; create table kept (n integer)");
  const insert = raw.prepare("insert into kept values (1)");
  const store = await openSqliteStore(stage.file("commits"));
  try {
    // A statement by itself is a transaction.
    return await measure(stage, "SQLite", { store, commit: async () => void insert.run() });
  } finally {
    await store.close();
  }
}

async function measurePostgres(stage: Stage, url: string): Promise<Table> {
  const { default: pg } = await import("pg");
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query("create table if not exists kept (n integer)");
  const store = await openPostgresStore({ url });
  try {
    const commit = async () => void (await client.query("insert into kept values (1)"));
    return await measure(stage, "PostgreSQL", { store, commit });
  } finally {
    await store.close();
    await client.end();
  }
}

interface Sides {
  readonly store: Store;
  readonly commit: () => Promise<void>;
}

async function measure({ options, note }: Stage, engine: string, sides: Sides): Promise<Table> {
  await sides.store.transaction(keepNetwork);
  const rows: Table["rows"][number][] = [];
  for (const callers of atOnce) {
    note(`commit: ${engine}, ${callers} at a time`);
    const rate = async (work: () => Promise<void>, count: number) =>
      (await repeat({ callers: count, seconds: options.seconds }, work)).length / options.seconds;
    const found = await several(options.rounds, async () => ({
      commits: await rate(sides.commit, 1),
      addresses: await rate(() => sides.store.transaction(allocate), callers),
    }));
    const of = (key: "commits" | "addresses") => found.map((round) => round[key]);
    rows.push({
      name: `${engine}, ${callers} at a time`,
      commits: spreadOf(of("commits")),
      addresses: spreadOf(of("addresses")),
      ratio: ratioOf(of("addresses"), of("commits")),
    });
  }
  return { title: `durable addresses: ${engine}`, columns, rows };
}

const id = "commits";

async function keepNetwork(tx: Transaction): Promise<void> {
  await tx.partition.insert(create(PartitionSchema, { id }));
  await tx.project.insert(create(ProjectSchema, { meta: { id } }));
  // Beside the network of the inventory, which may be in the same database.
  const network = create(NetworkSchema, { id, partitionId: id, prefixes: ["11.0.0.0/8"], vrf: 20 });
  prepareNetwork(network);
  await createNetwork(tx, network);
}

/** As the service does, record included. */
async function allocate(tx: Transaction): Promise<void> {
  const [network, project] = await Promise.all([
    found(tx.network, "network", id),
    found(tx.project, "project", id),
  ]);
  const wish = { wanted: undefined, family: undefined };
  const ip = create(IPSchema, { networkId: id, projectId: id });
  await allocateIp(tx, ip, { network, project, wish });
  const record = {
    traceId: newTraceId(),
    time: timestampNow(),
    procedure: "Allocate",
    principal: id,
  };
  await tx.audit.append([
    create(AuditRecordSchema, { ...record, decision: "allowed", code: "ok" }),
  ]);
}
