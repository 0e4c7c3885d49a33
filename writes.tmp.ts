import { DatabaseSync } from "node:sqlite";
import { mkdtempSync, rmSync } from "node:fs";
import { create } from "@bufbuild/protobuf";
import { ProjectSchema } from "./gen/metal/v1/project_pb.ts";
import { PartitionSchema } from "./gen/metal/v1/partition_pb.ts";
import { NetworkSchema } from "./gen/metal/v1/network_pb.ts";
import { IPSchema } from "./gen/metal/v1/ip_pb.ts";
import { AuditRecordSchema } from "./gen/metal/v1/audit_pb.ts";
import { createNetwork, prepareNetwork } from "./src/domain/network-flow.ts";
import { allocateIp } from "./src/domain/ip.ts";
import { newTraceId } from "./src/rbac/trace-id.ts";
import { timestampNow } from "@bufbuild/protobuf/wkt";
const pg = process.argv[2];
const folder = mkdtempSync("/tmp/gc-");
const store = pg ? await (await import("./src/store/postgres.ts")).openPostgresStore({ url: pg }) : await (await import("./src/store/sqlite.ts")).openSqliteStore(folder);
const nets = 8;
const networks:any[] = [], projects:any[] = [];
await store.transaction(async (tx) => {
  await tx.partition.insert(create(PartitionSchema, { id: "north" }));
  for (let i=0;i<nets;i++){
  projects.push(await tx.project.insert(create(ProjectSchema, { meta: { id: "shop"+i } })));
  const network = create(NetworkSchema, { id: "office"+i, partitionId: "north", prefixes: [`10.${i*16}.0.0/12`], vrf: 10+i });
  prepareNetwork(network); networks.push(await createNetwork(tx, network));}
});
const allocate = (i:number) => store.transaction(async (tx) => {
  const network = (await tx.network.get("office"+i))!; const project = (await tx.project.get("shop"+i))!;
  await allocateIp(tx, create(IPSchema, { networkId: network.id, projectId: "shop"+i }), { network, project, wish: { wanted: undefined, family: undefined } });
  await tx.audit.append([create(AuditRecordSchema, { traceId: newTraceId(), time: timestampNow(), procedure: "x", principal: "y", decision: "allowed", code: "ok" })]);
});
async function rate(name:string, concurrency:number, work:(i:number)=>Promise<unknown>) {
  let n = 0; const end = performance.now() + 3000; const cpu0 = process.cpuUsage(); const t0=performance.now();
  await Promise.all(Array.from({length: concurrency}, async (_, i) => { while (performance.now() < end) { await work(i); n++; } }));
  const s=(performance.now()-t0)/1000; const c = process.cpuUsage(cpu0);
  console.log(name, Math.round(n/s), "/s", "cpu µs each", Math.round((c.user+c.system)/n));
}
if (!pg) {
  const db = new DatabaseSync(folder + "/raw.sqlite"); db.exec("pragma journal_mode=wal; pragma synchronous=full; create table t(a)");
  const ins = db.prepare("insert into t values (?)");
  for (let r=0;r<2;r++) await rate("raw commits", 1, async () => { db.exec("begin immediate"); ins.run(1); db.exec("commit"); });
}
for (const c of [1, 8, 32, 128]) await rate(`allocate, 1 network, ${c} at once`, c, () => allocate(0));
for (const c of [8, 32]) await rate(`allocate, 8 networks, ${c} at once`, c, (i) => allocate(i % nets));
await store.close(); rmSync(folder, {recursive:true});
