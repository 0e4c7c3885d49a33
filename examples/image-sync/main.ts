// A client as a partition may have it: prints the URLs of images, and of what machines boot before they are allocated,
// for a mirror to fetch. Takes the server from METAL_API_URL and a bearer token from METAL_API_TOKEN.
import { createClient, type Interceptor } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { ImageService } from "../../gen/metal/v1/image_pb.ts";
import { PartitionService } from "../../gen/metal/v1/partition_pb.ts";

const token: Interceptor = (next) => (request) => {
  request.header.set("authorization", `Bearer ${process.env["METAL_API_TOKEN"] ?? ""}`);
  return next(request);
};
const transport = createConnectTransport({
  baseUrl: process.env["METAL_API_URL"] ?? "http://127.0.0.1:8080",
  httpVersion: "1.1",
  interceptors: [token],
});
const images = createClient(ImageService, transport);
const partitions = createClient(PartitionService, transport);

const { images: known } = await images.list({ pageSize: 1000 });
const { partitions: booted } = await partitions.list({ pageSize: 1000 });
const urls = [
  ...known.map(({ url }) => url),
  ...booted.flatMap(({ bootConfig }) => [bootConfig?.imageUrl ?? "", bootConfig?.kernelUrl ?? ""]),
];
for (const url of new Set(urls)) if (url !== "") process.stdout.write(`${url}\n`);
