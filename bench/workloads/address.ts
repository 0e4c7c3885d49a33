// Addresses: each is taken and given back, with a durable commit for either.
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { IPService } from "../../gen/metal/v1/ip_pb.ts";
import { networkId, projectId } from "../inventory.ts";
import { repeat } from "../load/callers.ts";
import { quantile, several, spreads } from "../report/spread.ts";
import type { Column } from "../report/table.ts";
import type { Stage } from "../stage.ts";
import type { Workload } from "./workload.ts";

const columns: readonly Column[] = [
  { key: "callers", head: "callers" },
  { key: "callsPerSecond", head: "calls/s" },
  { key: "cpuMicros", head: "µs CPU/call" },
  { key: "medianMs", head: "both calls, ms", digits: 2 },
  { key: "p99Ms", head: "p99, ms", digits: 2 },
];

export const addresses: Workload = {
  name: "address",
  meaning: "allocate an address and free it, each durable",
  async run(stage) {
    const rows = [];
    for (const callers of [1, 16]) {
      stage.note(`address: ${callers} at a time`);
      rows.push({ callers, ...(await measure(stage, callers)) });
    }
    return [{ title: "allocate and free an address: gRPC, OIDC", columns, rows }];
  },
};

async function measure(stage: Stage, callers: number) {
  const work = await allocateAndFree(stage);
  const { options, metal } = stage;
  const round = async () => {
    const before = await metal.usage();
    const tookMs = await repeat({ callers, seconds: options.seconds }, work);
    const after = await metal.usage();
    const calls = tookMs.length * 2;
    return {
      callsPerSecond: calls / options.seconds,
      cpuMicros: (after.cpuMicros - before.cpuMicros) / calls,
      medianMs: quantile(tookMs, 0.5),
      p99Ms: quantile(tookMs, 0.99),
    };
  };
  await round();
  return spreads(await several(options.rounds, round));
}

async function allocateAndFree(stage: Stage) {
  const client = createClient(IPService, createGrpcTransport({ baseUrl: stage.metal.url }));
  const options = { headers: await stage.bearer("edit") };
  return async () => {
    const { ip } = await client.allocate({ ip: { networkId, projectId, name: "bench" } }, options);
    await client.free({ id: ip?.id ?? "" }, options);
  };
}
