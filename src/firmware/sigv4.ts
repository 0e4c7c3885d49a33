// AWS Signature Version 4 for S3, in headers and in URLs
// (https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html).
import { createHash, createHmac } from "node:crypto";
import { ascending } from "../domain/order.ts";

/** Who signs, and for where. */
export interface Signer {
  readonly accessKey: string;
  readonly secretKey: string;
  readonly region: string;
}

/** A request to be signed. */
export interface Signable {
  readonly method: string;
  /** Its path must be encoded by `encodePath`. */
  readonly url: URL;
  /** All that are to be signed, beside the host. Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** SHA-256 of the body in hexadecimal; of no body if absent. */
  readonly bodySha256?: string;
  readonly date: Date;
}

const algorithm = "AWS4-HMAC-SHA256";
const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const noBody = sha256("");

const hmac = (key: string | Uint8Array, text: string): Buffer =>
  createHmac("sha256", key).update(text).digest();

/** The headers of the request with date, hash of the body and signature. */
export function signedHeaders(signer: Signer, request: Signable): Record<string, string> {
  const { date, bodySha256 = noBody } = request;
  const headers: Record<string, string> = {
    ...request.headers,
    "x-amz-content-sha256": bodySha256,
    "x-amz-date": longDate(date),
  };
  const names = namesOf(headers);
  const text = canonical({ ...request, headers, bodySha256 });
  const signature = signatureOf(signer, date, text);
  const credential = `${signer.accessKey}/${scopeOf(signer, date)}`;
  headers["authorization"] =
    `${algorithm} Credential=${credential},SignedHeaders=${names},Signature=${signature}`;
  return headers;
}

/** A URL with which anybody can get what `url` names, for so many seconds; at most seven days. */
export function presignedUrl(
  signer: Signer,
  { url, seconds, date }: { readonly url: URL; readonly seconds: number; readonly date: Date },
): string {
  const signed = new URL(url);
  const values = {
    "X-Amz-Algorithm": algorithm,
    "X-Amz-Credential": `${signer.accessKey}/${scopeOf(signer, date)}`,
    "X-Amz-Date": longDate(date),
    "X-Amz-Expires": `${seconds}`,
    "X-Amz-SignedHeaders": "host",
  };
  signed.search = queryOf([...url.searchParams, ...Object.entries(values)]);
  const bodySha256 = "UNSIGNED-PAYLOAD";
  const text = canonical({ method: "GET", url: signed, headers: {}, bodySha256, date });
  return `${signed.href}&X-Amz-Signature=${signatureOf(signer, date, text)}`;
}

/** A path as S3 signs it: everything but unreserved characters is encoded, each part of it once. */
export function encodePath(path: string): string {
  return path.split("/").map(encode).join("/");
}

/** RFC 3986, section 2.3: what stays as it is. `encodeURIComponent` leaves more. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** A query in the order and the encoding in which it is signed. */
export function queryOf(values: Iterable<readonly [name: string, value: string]>): string {
  return Array.from(values, ([name, value]) => [encode(name), encode(value)])
    .sort(([a = "", x = ""], [b = "", y = ""]) => ascending(a, b) || ascending(x, y))
    .map((pair) => pair.join("="))
    .join("&");
}

function canonical({ method, url, headers, bodySha256 = noBody }: Signable): string {
  const all = Object.entries({ ...headers, host: url.host }).sort(([a], [b]) => ascending(a, b));
  const lines = all.map(([name, value]) => `${name}:${value.trim()}\n`).join("");
  const query = queryOf(url.searchParams);
  return [method, url.pathname, query, lines, namesOf(headers), bodySha256].join("\n");
}

function namesOf(headers: Readonly<Record<string, string>>): string {
  return [...Object.keys(headers), "host"].sort(ascending).join(";");
}

function signatureOf(signer: Signer, date: Date, canonicalRequest: string): string {
  const text = [algorithm, longDate(date), scopeOf(signer, date), sha256(canonicalRequest)].join(
    "\n",
  );
  const day = hmac(`AWS4${signer.secretKey}`, shortDate(date));
  const key = hmac(hmac(hmac(day, signer.region), "s3"), "aws4_request");
  return hmac(key, text).toString("hex");
}

const longDate = (date: Date): string => `${date.toISOString().slice(0, 19).replace(/[-:]/g, "")}Z`;
const shortDate = (date: Date): string => longDate(date).slice(0, 8);
const scopeOf = ({ region }: Signer, date: Date): string =>
  `${shortDate(date)}/${region}/s3/aws4_request`;
