// Fetches one JSON document from a provider, trusting it with nothing: no redirects (they could lead to an address
// that only we can reach), no compression, one mebibyte at most. The caller's signal bounds the time.
import { type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { type JsonObject, parseObject } from "./json.ts";

/** What to fetch. */
export interface DocumentRequest {
  readonly url: URL;
  /** PEM: the only authorities that may vouch for the server. */
  readonly ca?: string;
  readonly signal: AbortSignal;
}

/** What came back. */
export interface FetchedDocument {
  readonly body: JsonObject;
  /** The provider's clock, in milliseconds since the epoch, if it told. */
  readonly date?: number;
}

/** Longest document that is read, in bytes. */
export const maximumDocumentBytes = 1024 * 1024;

/** Fetches `request.url`. Throws Error unless the answer is 200 with one strict JSON object. */
export async function fetchDocument(request: DocumentRequest): Promise<FetchedDocument> {
  const response = await send(request);
  try {
    check(response);
    const body = parseObject(await read(response));
    if (body === undefined) throw new Error("the answer is not a JSON object");
    const date = Date.parse(response.headers.date ?? "");
    return Number.isNaN(date) ? { body } : { body, date };
  } finally {
    response.destroy();
  }
}

function send({ url, ca, signal }: DocumentRequest): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const headers = { accept: "application/json", connection: "close" };
  const options = { ca, signal, headers };
  const request =
    url.protocol === "https:" ? requestHttps(url, options) : requestHttp(url, options);
  request.on("response", resolve).on("error", reject).end();
  return promise;
}

function check({ statusCode, headers }: IncomingMessage): void {
  if (statusCode !== 200) throw new Error(`the answer has status ${statusCode}`);
  if (headers["content-encoding"] !== undefined) throw new Error("the answer is compressed");
}

async function read(response: IncomingMessage): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Uint8Array>) {
    length += chunk.byteLength;
    if (length > maximumDocumentBytes) throw new Error("the answer is too long");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
