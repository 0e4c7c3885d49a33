// From the Authorization header to a decoded, still unverified token. Everything that can be refused by looking at
// the text is refused here, before a key is chosen and before anything is asked of a provider.
import type { CredentialRequest } from "../authenticator.ts";
import { type JsonObject, member, parseObject } from "./json.ts";
import { refuse } from "./refusal.ts";

/** What the header of a token says, after it was found acceptable. */
export interface TokenHeader {
  readonly algorithm: string;
  /** Names the key; at most 256 characters. */
  readonly kid?: string;
}

/** A token whose signature nobody has checked yet. */
export interface UnverifiedToken {
  readonly text: string;
  readonly header: TokenHeader;
  readonly payload: JsonObject;
}

/** Longest token that is looked at, in characters. Node itself stops at 16 KiB of headers. */
export const defaultMaximumTokenLength = 8192;

const maximumKidLength = 256;
const credential = /^bearer ([^ ]+)$/i;
const compact = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)$/;
// x5t and x5t#S256 are digests that some providers always send. They choose nothing here. All else that a header can
// hold either asks for something we do not do (crit, b64, cty) or offers a key of the sender's choice (jwk, jku, x5u, x5c).
const headerMembers: ReadonlySet<string> = new Set(["alg", "kid", "typ", "x5t", "x5t#S256"]);
// Media types are compared without regard to case (RFC 7515 section 4.1.9); access tokens by RFC 9068 section 4.
const types: ReadonlySet<string> = new Set(["jwt", "at+jwt", "application/at+jwt"]);

/** The token of the one Authorization header (RFC 6750 section 2.1), at most `maximumLength` characters. */
export function bearerToken(request: CredentialRequest, maximumLength: number): string {
  if (request.repeatedHeaders.has("authorization")) refuse("repeated_header");
  const text = credential.exec(request.headers.get("authorization") ?? "")?.[1];
  if (text === undefined) return refuse("bad_authorization");
  return text.length > maximumLength ? refuse("token_too_long") : text;
}

/** Takes a JWS in compact serialization (RFC 7515 section 7.1) apart. Throws CredentialError unless it is strictly one. */
export function decodeToken(text: string): UnverifiedToken {
  const [, header, payload, signature] = compact.exec(text) ?? [];
  const decodedHeader = decodeObject(header);
  const decodedPayload = decodeObject(payload);
  bytesOf(signature);
  return { text, header: checkHeader(decodedHeader), payload: decodedPayload };
}

function decodeObject(part: string | undefined): JsonObject {
  return parseObject(bytesOf(part)) ?? refuse("token_malformed");
}

/** Only canonical base64url: otherwise many texts would be the same token. */
function bytesOf(part = ""): Uint8Array {
  const bytes = Buffer.from(part, "base64url");
  if (part === "" || bytes.toString("base64url") !== part) refuse("token_malformed");
  return bytes;
}

function checkHeader(header: JsonObject): TokenHeader {
  if (!Object.keys(header).every((name) => headerMembers.has(name))) refuse("token_header_refused");
  const algorithm = member(header, "alg");
  if (typeof algorithm !== "string") return refuse("algorithm_refused");
  checkType(header);
  const kid = checkKid(header);
  return kid === undefined ? { algorithm } : { algorithm, kid };
}

function checkType(header: JsonObject): void {
  const type = member(header, "typ");
  if (type === undefined) return;
  if (typeof type !== "string" || !types.has(type.toLowerCase())) refuse("token_type_refused");
}

function checkKid(header: JsonObject): string | undefined {
  const kid = member(header, "kid");
  if (kid === undefined) return undefined;
  if (typeof kid !== "string" || kid.length > maximumKidLength)
    return refuse("token_header_refused");
  return kid;
}
