// A stream that is watched across the sudden end of a real server: who comes back with the token has missed nothing.
import { ConnectError, createClient, type Interceptor } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { afterAll, expect, test } from "@jest/globals";
import {
  MachineChangeKind,
  MachineService,
  type MachineServiceWatchResponse as Response,
} from "../../gen/metal/v1/machine_pb.ts";
import { PartitionService } from "../../gen/metal/v1/partition_pb.ts";
import { hmacHeaders } from "../auth/signed.ts";
import { machineId } from "../world/machines.ts";
import { type RunningServer, startServer } from "./process.ts";

let server: RunningServer | undefined;
afterAll(() => server?.remove());

/** Clients of a server, as its administrator. */
function clientsOf({ url, keys }: RunningServer) {
  const sign: Interceptor = (next) => (request) => {
    const type = "Metal-Admin";
    const headers = hmacHeaders({ type, key: keys[type] ?? "", method: "POST" });
    for (const [name, value] of headers) request.header.set(name, value);
    return next(request);
  };
  const transport = createGrpcTransport({ baseUrl: url, interceptors: [sign] });
  const machines = createClient(MachineService, transport);
  return {
    machines,
    partitions: createClient(PartitionService, transport),
    appear: (...numbers: number[]) =>
      machines.reportBMC({
        partitionId: "north",
        reports: Object.fromEntries(numbers.map((n) => [machineId(n), { bmcIp: `10.0.0.${n}` }])),
      }),
  };
}

/** Reads until everything was told; the machines, and the last token. */
async function readOn(stream: AsyncIterable<Response>) {
  const told: string[] = [];
  for await (const { kind, machine, resumeToken } of stream) {
    if (kind === MachineChangeKind.SYNCED) return { told, resumeToken };
    told.push(machine?.id ?? "");
  }
  throw new Error("the stream ended");
}

test("nothing is missed when a server is killed, started again and changed in between", async () => {
  server = await startServer();
  const before = clientsOf(server);
  await before.partitions.create({ partition: { id: "north" } });
  await before.appear(1);
  const stream = before.machines.watch({});
  const first = await readOn(stream);
  expect(first.told).toEqual([machineId(1)]);
  await before.appear(2);
  await server.end("SIGKILL");
  const broken = readOn(stream).catch((error: unknown) => ConnectError.from(error).name);
  server = await server.again();
  const after = clientsOf(server);
  await after.appear(3);
  await server.end("SIGKILL");
  server = await server.again();
  const { resumeToken } = first;
  const rest = await readOn(clientsOf(server).machines.watch({ resumeToken }));
  expect(rest.told).toEqual([machineId(2), machineId(3)]);
  await broken;
});
