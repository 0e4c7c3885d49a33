// A client in TypeScript: prints the ids of partitions, page by page, or why it may not.
import { createHmac, randomBytes } from "node:crypto";
import { ConnectError, createClient, type Interceptor } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { ErrorInfoSchema } from "../../gen/google/rpc/error_details_pb.ts";
import { PartitionService } from "../../gen/metal/v1/partition_pb.ts";

const {
  METAL_API_URL: baseUrl = "http://127.0.0.1:8080",
  METAL_API_HMAC: key = "",
  METAL_API_HMAC_AUTH_TYPE: type = "Metal-View",
} = process.env;

/** A fresh signature for each call: a second use of one is refused. */
const sign: Interceptor = (next) => (request) => {
  const date = new Date().toISOString().replace(/\.\d+Z$/, "Z");
  const salt = randomBytes(12).toString("hex");
  const mac = createHmac("sha256", key)
    .update(`${date}${request.requestMethod}${salt}`)
    .digest("hex");
  request.header.set("authorization", `${type} ${mac}`);
  request.header.set("x-date", date);
  request.header.set("x-data-salt", salt);
  return next(request);
};

const partitions = createClient(
  PartitionService,
  createGrpcTransport({ baseUrl, interceptors: [sign] }),
);

async function printAll(): Promise<void> {
  for (let pageToken: string | undefined; pageToken !== ""; ) {
    const page = await partitions.list({ pageSize: 100, pageToken: pageToken ?? "" });
    for (const { id } of page.partitions) process.stdout.write(`${id}\n`);
    pageToken = page.nextPageToken;
  }
}

try {
  await printAll();
} catch (error) {
  const { rawMessage, ...failure } = ConnectError.from(error);
  const [info] = ConnectError.from(error).findDetails(ErrorInfoSchema);
  const trace = info?.metadata["trace_id"] ?? failure.metadata.get("trace-id");
  process.stderr.write(`${info?.reason ?? failure.code}: ${rawMessage} (${trace})\n`);
  process.exitCode = 1;
}
