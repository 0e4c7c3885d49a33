// The arithmetic of metal-stack's HMAC scheme, and nothing else.
import { createHmac, type KeyObject } from "node:crypto";

/** What is signed. Path, query, body and the other headers are not. */
export interface HmacInput {
  /** UTC in whole seconds: "2026-01-15T10:00:00Z". */
  readonly date: string;
  /** The HTTP method as on the wire. */
  readonly method: string;
  /** The header's bytes, one per character (latin1), as Node hands headers over. */
  readonly salt: string;
}

/**
 * HMAC-SHA256 over date, method and salt, in that order and without separators: 32 bytes. A key that signs often is best
 * a KeyObject: to make one of bytes takes as long as to sign.
 */
export function signHmac(key: KeyObject | Uint8Array, input: HmacInput): Buffer {
  return createHmac("sha256", key)
    .update(input.date, "latin1")
    .update(input.method, "latin1")
    .update(input.salt, "latin1")
    .digest();
}
