// A disk that takes no more: changes are refused as unavailable, reads and probes go on, and when there is room again all
// works without a restart. A limit on the size of files (setrlimit(2), RLIMIT_FSIZE) of the server's process is the disk.
import { execFileSync } from "node:child_process";
import {
  type Client,
  Code,
  ConnectError,
  createClient,
  type Interceptor,
} from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { PartitionService } from "../../gen/metal/v1/partition_pb.ts";
import { hmacHeaders } from "../auth/signed.ts";
import { type RunningServer, startServer } from "../e2e/process.ts";

let server: RunningServer;
let partitions: Client<typeof PartitionService>;
beforeAll(async () => {
  server = await startServer();
  const signing: Interceptor = (next) => (request) => {
    const signer = { type: "Metal-Admin", key: server.keys["Metal-Admin"] ?? "" };
    for (const [name, value] of hmacHeaders(signer)) request.header.set(name, value);
    return next(request);
  };
  partitions = createClient(
    PartitionService,
    createConnectTransport({ baseUrl: server.url, httpVersion: "2", interceptors: [signing] }),
  );
});
afterAll(() => server.remove());

/** In bytes, or without a limit. */
function limitFiles(bytes: number | "unlimited"): void {
  execFileSync("prlimit", [`--pid=${server.pid}`, `--fsize=${bytes}:unlimited`]);
}

/** Creates partitions until that fails; the ids of those whose creation was answered, and the failure. */
async function createUntilRefused(): Promise<{ created: string[]; code: Code }> {
  const created: string[] = [];
  for (let at = 0; ; at += 1) {
    const partition = { id: `p${at}`, description: "x".repeat(500) };
    try {
      await partitions.create({ partition });
      created.push(partition.id);
    } catch (error) {
      return { created, code: ConnectError.from(error).code };
    }
  }
}

async function ids(): Promise<string[]> {
  const { partitions: found } = await partitions.list({ pageSize: 1000 });
  return found.map(({ id }) => id).sort();
}

const probe = async (path: string) => (await fetch(server.url + path)).status;

/** Only Linux lets others set the limits of a process that runs. */
const onLinux = process.platform === "linux" ? test : test.skip;

onLinux("a disk that takes no more keeps nobody from reading, and loses nothing", async () => {
  limitFiles(1_500_000);
  const { created, code } = await createUntilRefused();
  expect(Code[code]).toBe("Unavailable");
  expect(created.length).toBeGreaterThan(0);
  expect(await ids()).toEqual(created.toSorted());
  expect(await probe("/healthz")).toBe(200);

  limitFiles("unlimited");
  await partitions.create({ partition: { id: "again" } });
  expect(await ids()).toEqual([...created, "again"].sort());
  expect(await probe("/readyz")).toBe(200);
});
