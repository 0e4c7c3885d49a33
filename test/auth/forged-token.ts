// Tokens as an attacker would make them, and good ones to compare with. Two issuers publish keys under the same key ids;
// a forgery knows where they are and changes one thing at a time in an otherwise good token.
import {
  compact,
  ecKey,
  edKey,
  encoded,
  type ForgedKey,
  hs256,
  rsaKey,
  type Signer,
} from "./forge.ts";

/** Whom the tokens are for. */
export const audience = "metal-stack";
/** A name that grants Admin. */
export const admin = "maas-all-all-admin";
/** When this suite began, in seconds since the epoch. */
export const nowSeconds = Math.floor(Date.now() / 1000);
/** A secret that the first issuer publishes by mistake, under the kid "oct". */
export const octSecret = "0123456789abcdef0123456789abcdef";

/** The keys of the first issuer. */
export const rsa = rsaKey("rsa");
export const ec = ecKey("ec");
export const ed = edKey("ed");
export const weak = rsaKey("weak", 1024);
export const encryption = rsaKey("enc");
/** The keys of the second issuer. */
export const foreignRsa = rsaKey("rsa");
export const foreignEc = ecKey("ec");
/** A key that nobody trusts. */
export const attackerEc = ecKey("attacker");

/** What the first issuer publishes. */
export const publishedKeys: readonly object[] = [
  rsa.jwk,
  ec.jwk,
  ed.jwk,
  weak.jwk,
  { kty: "oct", kid: "oct", k: encoded(octSecret), alg: "HS256" },
  { ...encryption.jwk, alg: undefined, use: "enc" },
];

/** What the second issuer publishes. */
export const foreignKeys: readonly object[] = [foreignRsa.jwk, foreignEc.jwk];

/** Makes tokens. The URLs are those of the first issuer, the second and the attacker's own. */
export class Forgery {
  readonly issuer: string;
  readonly foreign: string;
  readonly attacker: string;

  constructor(issuer: string, foreign = issuer, attacker = issuer) {
    this.issuer = issuer;
    this.foreign = foreign;
    this.attacker = attacker;
  }

  /** The claims of a good token, with `changes`; undefined removes a claim. */
  claims(changes: object = {}): object {
    const times = { iat: nowSeconds - 10, exp: nowSeconds + 300 };
    return { iss: this.issuer, aud: audience, sub: "4711", roles: [admin], ...times, ...changes };
  }

  /** A good token of the first issuer, signed with its EC key unless told otherwise. */
  token(changes: object = {}, header: object = {}, key: ForgedKey = ec): string {
    const whole = { alg: key.algorithm, kid: key.kid, typ: "JWT", ...header };
    return compact({ header: whole, payload: this.claims(changes), sign: key.sign });
  }

  /** A good payload under the header of the EC key, but signed otherwise. */
  signedBy(sign: Signer, header: object = {}): string {
    return compact({
      header: { alg: "ES256", kid: "ec", ...header },
      payload: this.claims(),
      sign,
    });
  }

  /** A good payload with an HMAC whose secret is not one. */
  hmacWith(secret: string | Buffer, kid = "rsa"): string {
    return this.signedBy(hs256(secret), { alg: "HS256", kid });
  }

  /** Signed with the attacker's key, which the header offers. */
  ownKey(header: object): string {
    return this.token({}, header, attackerEc);
  }

  /** The text of a good payload, with `ending` before its last brace. */
  payloadWith(ending: string): string {
    return `${JSON.stringify(this.claims()).slice(0, -1)}${ending}}`;
  }

  /** The text of a good payload, with `exp` spelled so. */
  expText(exp: string): string {
    return this.payloadWith(`,"exp":${exp}`).replace(`"exp":${nowSeconds + 300},`, "");
  }

  /** For us and another, issued to `azp`. */
  manyAudiences(azp: string): string {
    return this.token({ aud: [audience, "account"], azp });
  }
}

/** A token with this payload text, signed properly. */
export function withPayload(payload: string): string {
  return compact({ header: { alg: "ES256", kid: "ec" }, payload, sign: ec.sign });
}
