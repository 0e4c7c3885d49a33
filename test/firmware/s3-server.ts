// A server that speaks as much of S3 as a store for firmware needs, and that believes nothing: it verifies every
// signature, every hash and every length itself, by the steps that AWS documents.
import { createHash, createHmac } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

const accessKey = "ACCESS";
const secretKey = "s3cr3t/+key";
const region = "eu-test-1";

/** An object that is kept. */
export interface Kept {
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
  readonly modified: Date;
}

/** A bucket that runs. */
export interface S3Server {
  readonly settings: {
    readonly endpoint: string;
    readonly bucket: string;
    readonly accessKey: string;
    readonly secretKey: string;
    readonly region: string;
  };
  readonly objects: Map<string, Kept>;
  /** "METHOD status" of every request. */
  readonly log: string[];
  close(): Promise<void>;
}

/** So many keys are on a page of a list. */
const pageSize = 2;

/** Starts a server with an empty bucket. */
export async function startS3(): Promise<S3Server> {
  const objects = new Map<string, Kept>();
  const log: string[] = [];
  const server = createServer((request, response) => {
    response.once("close", () => log.push(`${request.method} ${response.statusCode}`));
    answer(request, response, objects).catch((error: unknown) =>
      refuse(response, 500, String(error)),
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    settings: { endpoint: `http://127.0.0.1:${port}`, bucket: "fw", accessKey, secretKey, region },
    objects,
    log,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  objects: Map<string, Kept>,
): Promise<void> {
  const url = new URL(request.url ?? "", `http://${request.headers.host}`);
  const [, bucket, ...rest] = url.pathname.split("/").map(decodeURIComponent);
  const fault = faultOf(request, url);
  if (fault !== undefined) return refuse(response, 403, fault);
  if (bucket !== "fw") return refuse(response, 404, "NoSuchBucket");
  const key = rest.join("/");
  if (key === "") return list(url, response, objects);
  if (request.method === "PUT") return put(request, response, { objects, key });
  const kept = objects.get(key);
  if (request.method === "DELETE") objects.delete(key);
  if (request.method === "DELETE") return void response.writeHead(204).end();
  if (kept === undefined) return refuse(response, 404, "NoSuchKey");
  response.writeHead(200, {
    ...kept.headers,
    "content-length": kept.body.length,
    "last-modified": kept.modified.toUTCString(),
  });
  response.end(request.method === "HEAD" ? undefined : kept.body);
}

function refuse(response: ServerResponse, status: number, code: string): void {
  if (!response.headersSent) response.writeHead(status);
  response.end(`<Error><Code>${code}</Code></Error>`);
}

async function put(
  request: IncomingMessage,
  response: ServerResponse,
  { objects, key }: { readonly objects: Map<string, Kept>; readonly key: string },
): Promise<void> {
  if (request.headers["content-length"] === undefined)
    return refuse(response, 411, "MissingContentLength");
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  const sha256 = createHash("sha256").update(body).digest("hex");
  if (sha256 !== request.headers["x-amz-content-sha256"])
    return refuse(response, 400, "XAmzContentSHA256Mismatch");
  const own = Object.entries(request.headers).filter(([name]) => name.startsWith("x-amz-meta-"));
  const headers = Object.fromEntries(own.map(([name, value]) => [name, String(value)]));
  objects.set(key, { body, headers, modified: new Date() });
  response.writeHead(200).end();
}

function list(url: URL, response: ServerResponse, objects: ReadonlyMap<string, Kept>): void {
  if (url.searchParams.get("list-type") !== "2") return refuse(response, 400, "InvalidArgument");
  const after = Buffer.from(url.searchParams.get("continuation-token") ?? "", "base64").toString();
  const keys = [...objects.keys()].filter((key) => key > after).sort((a, b) => (a < b ? -1 : 1));
  const page = keys.slice(0, pageSize);
  const isMore = keys.length > page.length;
  const token = Buffer.from(page.at(-1) ?? "").toString("base64");
  const contents = page.map((key) => {
    const encoded = encodeURIComponent(key).replaceAll("%2F", "/").replaceAll("%20", "+");
    return `<Contents><Key>${encoded}</Key><Size>1</Size></Contents>`;
  });
  response.writeHead(200, { "content-type": "application/xml" });
  response.end(
    `<?xml version="1.0" encoding="UTF-8"?><ListBucketResult><EncodingType>url</EncodingType>` +
      `<IsTruncated>${isMore}</IsTruncated>${contents.join("")}` +
      `${isMore ? `<NextContinuationToken>${token}</NextContinuationToken>` : ""}</ListBucketResult>`,
  );
}

/** Why a request is not believed; undefined if it is. */
function faultOf(request: IncomingMessage, url: URL): string | undefined {
  const { headers, method = "" } = request;
  const header =
    /^AWS4-HMAC-SHA256 Credential=([^,]+),\s?SignedHeaders=([^,]+),\s?Signature=(\w+)$/;
  const [, inHeader, named, signed] = header.exec(headers.authorization ?? "") ?? [];
  const query = url.searchParams;
  const claim = {
    credential: inHeader ?? query.get("X-Amz-Credential") ?? "",
    names: (named ?? query.get("X-Amz-SignedHeaders") ?? "").split(";"),
    signature: signed ?? query.get("X-Amz-Signature") ?? "",
    date: String(headers["x-amz-date"] ?? query.get("X-Amz-Date")),
    payload: inHeader === undefined ? "UNSIGNED-PAYLOAD" : String(headers["x-amz-content-sha256"]),
  };
  const expires = Number(query.get("X-Amz-Expires") ?? 900);
  const at = Date.parse(
    claim.date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"),
  );
  if (!(Math.abs(Date.now() - at) <= expires * 1000)) return "RequestTimeTooSkewed";
  if (claim.credential !== `${accessKey}/${claim.date.slice(0, 8)}/${region}/s3/aws4_request`)
    return "InvalidAccessKeyId";
  const amz = Object.keys(headers).filter((name) => name.startsWith("x-amz-"));
  if (!["host", ...amz].every((name) => claim.names.includes(name))) return "UnsignedHeaders";
  if (inHeader === undefined && method !== "GET") return "AccessDenied";
  return claim.signature === expected(request, url, claim) ? undefined : "SignatureDoesNotMatch";
}

interface Claim {
  readonly names: readonly string[];
  readonly date: string;
  readonly payload: string;
}

function expected(request: IncomingMessage, url: URL, { names, date, payload }: Claim): string {
  // From the request line as it came, so that what a client encodes otherwise than S3 does not match.
  const [path = "", search = ""] = (request.url ?? "").split("?", 2);
  const query = search
    .split("&")
    .filter((part) => part !== "" && !part.startsWith("X-Amz-Signature="))
    .map((part) => (part.includes("=") ? part : `${part}=`))
    .sort((a, b) => (`${a}`.split("=", 1)[0]! < `${b}`.split("=", 1)[0]! ? -1 : 1))
    .join("&");
  const lines = names.map((name) => `${name}:${String(request.headers[name]).trim()}\n`).join("");
  const canonical = [request.method, path, query, lines, names.join(";"), payload].join("\n");
  const scope = `${date.slice(0, 8)}/${region}/s3/aws4_request`;
  const digest = createHash("sha256").update(canonical).digest("hex");
  const text = `AWS4-HMAC-SHA256\n${date}\n${scope}\n${digest}`;
  let key: string | Buffer = `AWS4${secretKey}`;
  for (const step of [date.slice(0, 8), region, "s3", "aws4_request"])
    key = createHmac("sha256", key).update(step).digest();
  return createHmac("sha256", key).update(text).digest("hex");
}
