// Encrypts what must not lie readable in the store: AES-256-GCM (NIST SP 800-38D) with a key derived from the setting
// secrets-key by HKDF (RFC 5869). What is sealed for one place cannot be opened in another.
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";

/** Seals texts and opens them again. */
export interface Sealer {
  /** `place` says what the text is, for example whose key. */
  seal(text: string, place: string): Uint8Array;
  /** Throws if it was sealed for another place, or with another key, or changed. */
  open(sealed: Uint8Array, place: string): string;
}

const algorithm = "aes-256-gcm";
/** The first byte says how the rest was made. */
const version = 1;
const keyBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;
const headBytes = 1 + nonceBytes + tagBytes;

/** Seals with a key that follows from `secret`, which must be hard to guess: at least 32 random bytes. */
export function createSealer(secret: string): Sealer {
  const key = Buffer.from(hkdfSync("sha256", secret, "", "metal-connect sealed texts", keyBytes));
  return {
    seal(text, place) {
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv(algorithm, key, nonce).setAAD(Buffer.from(place));
      const body = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
      return Buffer.concat([Buffer.of(version), nonce, cipher.getAuthTag(), body]);
    },
    open(sealed, place) {
      if (sealed[0] !== version || sealed.length < headBytes) throw new Error("not a sealed text");
      const nonce = sealed.subarray(1, 1 + nonceBytes);
      const options = { authTagLength: tagBytes };
      const decipher = createDecipheriv(algorithm, key, nonce, options)
        .setAAD(Buffer.from(place))
        .setAuthTag(sealed.subarray(1 + nonceBytes, headBytes));
      const text = decipher.update(sealed.subarray(headBytes));
      return Buffer.concat([text, decipher.final()]).toString("utf8");
    },
  };
}
