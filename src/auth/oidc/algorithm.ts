// The signature algorithms a token may use, and the kind of key each needs (RFC 7518 section 3.1, RFC 8037).
// Nothing symmetric and no "none": a public key can then never be mistaken for a shared secret.

/** What a key must be for an algorithm, in the words of a JWK. */
export interface KeyKind {
  readonly kty: "RSA" | "EC" | "OKP";
  /** The curve; RSA has none. */
  readonly crv?: string;
}

const rsa: KeyKind = { kty: "RSA" };
const ed25519: KeyKind = { kty: "OKP", crv: "Ed25519" };

const kinds = {
  RS256: rsa,
  RS384: rsa,
  RS512: rsa,
  PS256: rsa,
  PS384: rsa,
  PS512: rsa,
  ES256: { kty: "EC", crv: "P-256" },
  ES384: { kty: "EC", crv: "P-384" },
  ES512: { kty: "EC", crv: "P-521" },
  EdDSA: ed25519,
  Ed25519: ed25519,
} as const satisfies Readonly<Record<string, KeyKind>>;

/** A signature algorithm by its JOSE name. */
export type Algorithm = keyof typeof kinds;

/** Every algorithm that an issuer may be allowed. */
export const algorithmNames = Object.keys(kinds) as readonly Algorithm[];

/** What an issuer may use unless its settings say otherwise. */
export const defaultAlgorithms: readonly Algorithm[] = ["RS256", "PS256", "ES256", "EdDSA"];

/** The kind of key that `algorithm` needs. */
export function keyKind(algorithm: Algorithm): KeyKind {
  return kinds[algorithm];
}
