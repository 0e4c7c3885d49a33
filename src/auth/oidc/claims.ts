// The claims that decide whether a token with a good signature is meant for us, and now (RFC 7519 section 4.1,
// RFC 8725, OpenID Connect Core section 3.1.3.7). Roles and names are read elsewhere.
import type { Issuer } from "./issuer.ts";
import { type Json, type JsonObject, member } from "./json.ts";
import { isPlain } from "./label.ts";
import { type Refusal, refuse } from "./refusal.ts";

/** What the registered claims of an accepted token say. */
export interface Claims {
  /** 1 to 255 characters, nothing invisible. Unique within its issuer only. */
  readonly subject: string;
  /** Seconds since the epoch. */
  readonly expiresAt: number;
}

/** How far apart our clock and a provider's may be. */
export const clockSkewSeconds = 30;

const farFutureSeconds = 10 * 365 * 24 * 3600;
const maximumSubjectLength = 255;

interface Context {
  readonly payload: JsonObject;
  readonly issuer: Issuer;
  readonly nowSeconds: number;
}

/** Says what is wrong, or undefined. */
type Check = (context: Context) => Refusal | undefined;

/** In this order; the first objection counts. */
const checks: readonly Check[] = [
  isABearerToken,
  isForUs,
  isFromAnAllowedParty,
  wasIssued,
  isStillValid,
  isAlreadyValid,
];

/** The registered claims of a verified payload of `issuer`. Throws CredentialError if one of them forbids its use. */
export function checkClaims(payload: JsonObject, issuer: Issuer, nowSeconds: number): Claims {
  for (const check of checks) {
    const objection = check({ payload, issuer, nowSeconds });
    if (objection !== undefined) refuse(objection);
  }
  return { subject: subjectOf(payload), expiresAt: seconds(payload, "exp") };
}

/** Logout tokens and security events carry `events` (RFC 8417); `cnf` demands a proof we do not ask for (RFC 7800). */
function isABearerToken({ payload }: Context): Refusal | undefined {
  if (member(payload, "events") !== undefined) return "token_kind_refused";
  if (member(payload, "cnf") !== undefined) return "token_bound_to_key";
  return undefined;
}

function isForUs({ payload, issuer }: Context): Refusal | undefined {
  const named = audiences(payload);
  return named.some((audience) => issuer.audiences.has(audience)) ? undefined : "audience_wrong";
}

/** Where several may use a token, the one it was issued to must be known to us. */
function isFromAnAllowedParty({ payload, issuer }: Context): Refusal | undefined {
  const party = member(payload, "azp");
  if (party === undefined) return undefined;
  if (typeof party !== "string") return "authorized_party_wrong";
  if (issuer.authorizedParties === undefined && audiences(payload).length === 1) return undefined;
  const allowed = issuer.authorizedParties ?? issuer.audiences;
  return allowed.has(party) ? undefined : "authorized_party_wrong";
}

function wasIssued({ payload, issuer, nowSeconds }: Context): Refusal | undefined {
  const issuedAt = seconds(payload, "iat");
  if (issuedAt > nowSeconds + clockSkewSeconds) return "token_not_yet_valid";
  const lifetime = seconds(payload, "exp") - issuedAt;
  return lifetime > issuer.maximumLifetimeSeconds ? "token_lives_too_long" : undefined;
}

function isStillValid({ payload, nowSeconds }: Context): Refusal | undefined {
  const expiresAt = seconds(payload, "exp");
  if (expiresAt > nowSeconds + farFutureSeconds) return "time_malformed";
  return nowSeconds >= expiresAt + clockSkewSeconds ? "token_expired" : undefined;
}

function isAlreadyValid({ payload, nowSeconds }: Context): Refusal | undefined {
  if (member(payload, "nbf") === undefined) return undefined;
  return seconds(payload, "nbf") > nowSeconds + clockSkewSeconds
    ? "token_not_yet_valid"
    : undefined;
}

function subjectOf(payload: JsonObject): string {
  const subject = member(payload, "sub");
  if (typeof subject !== "string" || subject === "" || subject.length > maximumSubjectLength)
    return refuse("subject_malformed");
  return isPlain(subject) ? subject : refuse("subject_malformed");
}

/** A NumericDate (RFC 7519 section 2), which may have a fraction. JSON can spell infinity: 1e400. */
function seconds(payload: JsonObject, name: string): number {
  const value = member(payload, name);
  if (typeof value !== "number" || !Number.isFinite(value) || value < 0)
    return refuse("time_malformed");
  return value;
}

/** The members of `aud`; one that is not a string spoils all. */
function audiences(payload: JsonObject): readonly string[] {
  const audience = member(payload, "aud");
  const list: readonly (Json | undefined)[] = Array.isArray(audience) ? audience : [audience];
  return list.every((each) => typeof each === "string") ? list : refuse("audience_wrong");
}
