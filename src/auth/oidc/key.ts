// From a provider's JWK Set (RFC 7517) to the public keys that may verify a token. Whatever cannot verify a signature
// that we accept is left out as if it were not there: encryption keys, secrets, private keys, weak keys.
import { createPublicKey, type KeyObject } from "node:crypto";
import { type Algorithm, keyKind } from "./algorithm.ts";
import { isObject, type Json, type JsonObject, member } from "./json.ts";

/** A public key of a provider. */
export interface VerificationKey {
  readonly kid?: string;
  readonly key: KeyObject;
  /** What it may verify; at least one. */
  readonly algorithms: ReadonlySet<string>;
  /** Equal for equal keys, with kid and algorithms. */
  readonly identity: string;
  /** Aborted when the provider no longer publishes the key. */
  readonly revoked: AbortController;
}

/** Most keys that a provider may publish. */
export const maximumKeys = 64;

const minimumModulusBits = 2048;
// Above this, a single verification would keep the processor busy for longer than a caller may.
const maximumModulusBits = 8192;
const publicMembers = { RSA: ["n", "e"], EC: ["crv", "x", "y"], OKP: ["crv", "x"] } as const;

/**
 * The usable keys of a JWK Set. Keys that share a kid are all left out, since a kid must name one key. Throws Error if
 * it is not a JWK Set or holds more than 64 keys.
 */
export function readKeySet(
  document: JsonObject,
  allowed: readonly Algorithm[],
): readonly VerificationKey[] {
  const keys = member(document, "keys");
  if (!Array.isArray(keys)) throw new Error("the key set has no list of keys");
  if (keys.length > maximumKeys) throw new Error(`the key set has more than ${maximumKeys} keys`);
  const usable = keys.flatMap((key: Json) => readKey(key, allowed) ?? []);
  return usable.filter((key) => usable.every((other) => other === key || other.kid !== key.kid));
}

function readKey(jwk: Json, allowed: readonly Algorithm[]): VerificationKey | undefined {
  if (!isObject(jwk) || !isForSignatures(jwk)) return undefined;
  const algorithms = allowed.filter((algorithm) => suits(jwk, algorithm));
  const parts = publicParts(jwk);
  const kid = member(jwk, "kid");
  if (algorithms.length === 0 || parts === undefined || !isKid(kid)) return undefined;
  const key = importKey(parts);
  if (key === undefined) return undefined;
  const identity = JSON.stringify([kid, algorithms, parts]);
  return { kid, key, algorithms: new Set(algorithms), identity, revoked: new AbortController() };
}

/** RFC 7517 sections 4.2 and 4.3. A key with a private part is everybody's by now. */
function isForSignatures(jwk: JsonObject): boolean {
  const use = member(jwk, "use");
  const operations = member(jwk, "key_ops");
  if (use !== undefined && use !== "sig") return false;
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes("verify")))
    return false;
  return member(jwk, "d") === undefined && member(jwk, "k") === undefined;
}

function suits(jwk: JsonObject, algorithm: Algorithm): boolean {
  const { kty, crv } = keyKind(algorithm);
  const named = member(jwk, "alg");
  if (named !== undefined && named !== algorithm) return false;
  return member(jwk, "kty") === kty && (crv === undefined || member(jwk, "crv") === crv);
}

function publicParts(jwk: JsonObject): Readonly<Record<string, string>> | undefined {
  const kty = member(jwk, "kty");
  if (kty !== "RSA" && kty !== "EC" && kty !== "OKP") return undefined;
  const parts = publicMembers[kty].map((name) => [name, member(jwk, name)] as const);
  if (!parts.every((part): part is [(typeof part)[0], string] => typeof part[1] === "string"))
    return undefined;
  return { kty, ...Object.fromEntries(parts) };
}

function isKid(kid: Json | undefined): kid is string | undefined {
  return kid === undefined || typeof kid === "string";
}

function importKey(parts: Readonly<Record<string, string>>): KeyObject | undefined {
  try {
    const key = createPublicKey({ key: parts, format: "jwk" });
    const bits = key.asymmetricKeyDetails?.modulusLength ?? minimumModulusBits;
    return bits >= minimumModulusBits && bits <= maximumModulusBits ? key : undefined;
  } catch {
    return undefined;
  }
}
