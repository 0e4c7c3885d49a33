// Says who is calling: metal-stack's HMAC headers or a bearer token.
import { createHmac, randomInt } from "node:crypto";

/** A key of metal-stack's HMAC scheme. */
export interface HmacCredential {
  readonly kind: "hmac";
  /** The first word of the Authorization header: "Metal-View". */
  readonly type: string;
  readonly key: string;
}

/** A token of an OIDC provider. */
export interface TokenCredential {
  readonly kind: "token";
  readonly token: string;
}

/** What proves who is calling. */
export type Credential = HmacCredential | TokenCredential;

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const saltLength = 24;

/** A salt that was never used before: 24 random letters. */
export function freshSalt(): string {
  return Array.from({ length: saltLength }, () => letters.charAt(randomInt(letters.length))).join(
    "",
  );
}

/** What an HMAC depends on beside the key. */
export interface Occasion {
  readonly now: Date;
  /** The HTTP method as on the wire. */
  readonly method: string;
  /** ASCII letters. */
  readonly salt: string;
}

/** The headers that a credential puts on a request. HMAC signs the date (UTC, whole seconds), the method, the salt. */
export function credentialHeaders(
  credential: Credential,
  { now, method, salt }: Occasion,
): Record<string, string> {
  if (credential.kind === "token") return { authorization: `Bearer ${credential.token}` };
  const date = now.toISOString().replace(/\.\d+Z$/, "Z");
  const mac = createHmac("sha256", credential.key).update(`${date}${method}${salt}`).digest("hex");
  return { authorization: `${credential.type} ${mac}`, "x-date": date, "x-data-salt": salt };
}
