// Asks a provider for its keys: first its discovery document, which names the place of the keys (OpenID Connect
// Discovery section 4), then the keys. Both every time, so that a moved key set is found by itself.
import { readFile } from "node:fs/promises";
import { fetchDocument } from "./document.ts";
import { type Issuer, isTrustworthy } from "./issuer.ts";
import { type JsonObject, member } from "./json.ts";
import { readKeySet, type VerificationKey } from "./key.ts";

/** What a provider publishes. */
export interface PublishedKeys {
  readonly keys: readonly VerificationKey[];
  /** The provider's clock, in milliseconds since the epoch, if it told. */
  readonly date?: number;
}

/** The keys of `issuer`, asked now. Throws Error if the provider cannot be reached or says something unacceptable. */
export async function loadKeys(issuer: Issuer, signal: AbortSignal): Promise<PublishedKeys> {
  const ca = issuer.caFile === undefined ? undefined : await readFile(issuer.caFile, "utf8");
  const discovery = await fetchDocument({ url: discoveryUrl(issuer), ca, signal });
  const { body, date } = await fetchDocument({ url: keysUrl(discovery.body, issuer), ca, signal });
  return { keys: readKeySet(body, issuer.algorithms), date };
}

function discoveryUrl({ issuer }: Issuer): URL {
  return new URL(`${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`);
}

/** A document of another issuer would let that issuer speak for this one. */
function keysUrl(discovery: JsonObject, { issuer }: Issuer): URL {
  if (member(discovery, "issuer") !== issuer) throw new Error("discovery names another issuer");
  const address = member(discovery, "jwks_uri");
  const url = typeof address === "string" ? URL.parse(address) : null;
  if (url === null) throw new Error("discovery names no place of keys");
  if (!isTrustworthy(url) || (url.protocol === "http:" && issuer.startsWith("https:")))
    throw new Error("the place of keys must use https");
  return url;
}
