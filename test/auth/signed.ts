// Calls signed as metal-stack's clients sign them, for tests.
import { randomBytes } from "node:crypto";
import type { CredentialRequest } from "../../src/auth/authenticator.ts";
import { formatUtcSeconds } from "../../src/auth/rfc3339.ts";
import { signHmac } from "../../src/auth/sign-hmac.ts";

/** Who signs, and what to sign in place of the obvious. */
export interface Signer {
  readonly type: string;
  readonly key: string;
  /** "POST" unless told. */
  readonly method?: string;
  /** Now unless told. */
  readonly date?: string;
  /** Fresh unless told. */
  readonly salt?: string;
}

/** The three headers of a call. */
export function hmacHeaders(signer: Signer): Headers {
  const date = signer.date ?? formatUtcSeconds(Math.floor(Date.now() / 1000));
  const salt = signer.salt ?? randomBytes(12).toString("hex");
  const mac = signHmac(Buffer.from(signer.key), { date, method: signer.method ?? "POST", salt });
  return new Headers({
    authorization: `${signer.type} ${mac.toString("hex")}`,
    "x-date": date,
    "x-data-salt": salt,
  });
}

/** A unary call with side effects under these headers, unless told otherwise. */
export function requestWith(
  headers: Headers,
  changes: Partial<CredentialRequest> = {},
): CredentialRequest {
  return {
    headers,
    httpMethod: "POST",
    procedure: "/metal.v1.IPService/Allocate",
    kind: "unary",
    read: false,
    repeatedHeaders: new Set(),
    signal: new AbortController().signal,
    ...changes,
  };
}
