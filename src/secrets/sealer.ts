// Encrypts what must not lie readable in the store: AES-256-GCM (NIST SP 800-38D) with keys derived from the settings
// secrets-key and secrets-key-previous by HKDF (RFC 5869). What is sealed for one place cannot be opened in another.
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";

/** Seals texts and opens them again. */
export interface Sealer {
  /** The ids of all keys that it opens with, the one that it seals with first. They tell nothing about the keys. */
  readonly keyIds: readonly string[];
  /** `place` says what the text is, for example whose key. */
  seal(text: string, place: string): Uint8Array;
  /** Throws if it was sealed for another place, or with a key that is not known, or changed. */
  open(sealed: Uint8Array, place: string): string;
  /** False if it was sealed with a previous key, or by a version that did not say with which. */
  isCurrent(sealed: Uint8Array): boolean;
}

const algorithm = "aes-256-gcm";
/** The first byte says how the rest was made: in version 1 it does not say with which key. */
const version = { unnamed: 1, named: 2 } as const;
const keyBytes = 32;
const keyIdBytes = 4;
const nonceBytes = 12;
const tagBytes = 16;

interface Key {
  readonly key: Buffer;
  /** Tells keys apart, and nothing about them. */
  readonly id: Buffer;
}

/**
 * Seals with a key that follows from `secret`, which must be hard to guess: at least 32 random bytes. Opens what was
 * sealed with `previous` ones as well.
 */
export function createSealer(secret: string, previous: readonly string[] = []): Sealer {
  const current = keyOf(secret);
  const keys = [current, ...previous.map(keyOf)];
  return {
    keyIds: keys.map(({ id }) => id.toString("hex")),
    seal(text, place) {
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv(algorithm, current.key, nonce).setAAD(Buffer.from(place));
      const body = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
      const head = Buffer.concat([Buffer.of(version.named), current.id, nonce]);
      return Uint8Array.from(Buffer.concat([head, cipher.getAuthTag(), body]));
    },
    open(sealed, place) {
      const { id, rest } = partsOf(sealed);
      const fitting = keys.filter((key) => id === undefined || key.id.equals(id));
      for (const [index, { key }] of fitting.entries())
        try {
          return decrypt(rest, place, key);
        } catch (error) {
          if (index === fitting.length - 1) throw error;
        }
      throw new Error("sealed with another key");
    },
    isCurrent: (sealed) => partsOf(sealed).id?.equals(current.id) === true,
  };
}

function keyOf(secret: string): Key {
  const derive = (purpose: string, bytes: number) =>
    Buffer.from(hkdfSync("sha256", secret, "", purpose, bytes));
  const purpose = "metal-connect sealed texts";
  return { key: derive(purpose, keyBytes), id: derive(`${purpose}, id of the key`, keyIdBytes) };
}

function partsOf(sealed: Uint8Array): { readonly id?: Buffer; readonly rest: Uint8Array } {
  const isNamed = sealed[0] === version.named;
  const head = isNamed ? 1 + keyIdBytes : 1;
  const isSealed = isNamed || sealed[0] === version.unnamed;
  if (!isSealed || sealed.length < head + nonceBytes + tagBytes)
    throw new Error("not a sealed text");
  const rest = sealed.subarray(head);
  return isNamed ? { id: Buffer.from(sealed.subarray(1, head)), rest } : { rest };
}

function decrypt(rest: Uint8Array, place: string, key: Buffer): string {
  const nonce = rest.subarray(0, nonceBytes);
  const decipher = createDecipheriv(algorithm, key, nonce, { authTagLength: tagBytes })
    .setAAD(Buffer.from(place))
    .setAuthTag(rest.subarray(nonceBytes, nonceBytes + tagBytes));
  const text = decipher.update(rest.subarray(nonceBytes + tagBytes));
  return Buffer.concat([text, decipher.final()]).toString("utf8");
}
