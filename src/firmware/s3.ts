// A bucket of an S3-compatible server as the store for firmware. An object appears there when all of it has arrived, and
// the server is told beforehand what its SHA-256 must be. BMCs load it from there, with a presigned URL.
import { ConnectError } from "@connectrpc/connect";
import { precondition, unavailable } from "../domain/errors.ts";
import { type FirmwareName, isFirmwareName } from "../domain/firmware.ts";
import { nameOf, pathOf } from "./path.ts";
import { listedKeys, nextPage } from "./s3-listing.ts";
import { encodePath, presignedUrl, queryOf, signedHeaders, type Signer } from "./sigv4.ts";
import type { FirmwareStore, KeptFirmware, Upload } from "./store.ts";
import { verified } from "./verified.ts";

/** Which bucket, and who has it. */
export interface S3Settings extends Signer {
  /** Of the server, without the bucket: "https://s3.example". */
  readonly endpoint: string;
  readonly bucket: string;
}

/** How long an answer may take, and how long an upload, in milliseconds. */
const answerMs = 15_000;
const uploadMs = 60 * 60 * 1000;
/** What no list of firmware has. */
const maxPages = 100;

/** The header under which an object keeps what it has to be. */
const shaHeader = "x-amz-meta-sha256";

/** Opens the store. Nothing is asked of the server before something is asked of the store. */
export function openS3Firmware(settings: S3Settings): FirmwareStore {
  const bucket = `${settings.endpoint.replace(/\/+$/, "")}/${encodePath(settings.bucket)}`;
  const urlOf = (name: FirmwareName) => new URL(`${bucket}/${encodePath(pathOf(name))}`);
  const call = (method: string, url: URL, more: Call = {}) => send(settings, method, url, more);
  return {
    async names() {
      const names: FirmwareName[] = [];
      let token: string | undefined = "";
      for (let page = 0; token !== undefined; page += 1) {
        if (page === maxPages)
          throw precondition(`bucket "${settings.bucket}" has too many objects`);
        const listing: string = await (await call("GET", listUrl(bucket, token))).text();
        names.push(
          ...listedKeys(listing)
            .map(nameOf)
            .filter((name) => name !== undefined),
        );
        token = nextPage(listing);
      }
      return names;
    },
    async find(name) {
      if (!isFirmwareName(name)) return undefined;
      const { status, headers } = await call("HEAD", urlOf(name), { accepts: [404] });
      return status === 404 ? undefined : keptOf(name, headers);
    },
    async put(name, upload) {
      const headers = { [shaHeader]: upload.sha256 };
      await call("PUT", urlOf(name), { headers, upload });
      const { size, sha256 } = upload;
      return { name, size, sha256, created: new Date() };
    },
    async remove(name) {
      await call("DELETE", urlOf(name), { accepts: [404] });
    },
    async url(name, seconds) {
      return presignedUrl(settings, { url: urlOf(name), seconds, date: new Date() });
    },
  };
}

function listUrl(bucket: string, token: string): URL {
  const url = new URL(bucket);
  const page = token === "" ? {} : { "continuation-token": token };
  const values = { "list-type": "2", "encoding-type": "url", ...page };
  url.search = queryOf(Object.entries(values));
  return url;
}

function keptOf(name: FirmwareName, headers: Headers): KeptFirmware {
  return {
    name,
    size: Number(headers.get("content-length") ?? 0),
    sha256: headers.get(shaHeader) ?? "",
    created: new Date(headers.get("last-modified") ?? 0),
  };
}

interface Call {
  readonly headers?: Readonly<Record<string, string>>;
  readonly upload?: Upload;
  /** Statuses that are answers, beside success. */
  readonly accepts?: readonly number[];
}

/** Sends a signed request. Throws unavailable unless it succeeds, and what the upload itself throws. */
async function send(signer: Signer, method: string, url: URL, call: Call): Promise<Response> {
  const { headers = {}, upload, accepts = [] } = call;
  const hash = upload && { bodySha256: upload.sha256 };
  const signed = signedHeaders(signer, { method, url, headers, date: new Date(), ...hash });
  const body = upload && bodyOf(upload);
  const signal = AbortSignal.timeout(upload ? uploadMs : answerMs);
  const request: RequestInit = { method, headers: { ...signed, ...body?.headers }, signal };
  const sent = fetch(url, { ...request, redirect: "error", ...body?.stream });
  const response = await sent.catch((error: unknown) => {
    throw body?.failure() ?? unavailable("the store for firmware does not answer", error);
  });
  if (response.ok || accepts.includes(response.status)) return response;
  const text = (await response.text()).slice(0, 500);
  const cause = new Error(`${method} ${url.pathname}: ${response.status} ${text}`);
  throw body?.failure() ?? unavailable("the store for firmware refuses", cause);
}

/** The body of an upload, and what was wrong with it: `fetch` does not tell. */
function bodyOf(upload: Upload) {
  let failure: ConnectError | undefined;
  async function* chunks() {
    try {
      yield* verified(upload);
    } catch (error) {
      if (error instanceof ConnectError) failure = error;
      throw error;
    }
  }
  return {
    headers: { "content-length": `${upload.size}` },
    stream: { body: ReadableStream.from(chunks()), duplex: "half" as const },
    failure: () => failure,
  };
}
