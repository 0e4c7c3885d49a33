// Tokens that let their holder load one firmware for a while: a path and an end, signed.
import { createHmac, timingSafeEqual } from "node:crypto";

const sign = (key: Uint8Array, text: string): string =>
  createHmac("sha256", key).update(`firmware\n${text}`).digest("base64url");

/** A token for `path`, good until `untilMs`, in milliseconds since 1970. */
export function createToken(key: Uint8Array, path: string, untilMs: number): string {
  const text = Buffer.from(JSON.stringify([path, untilMs])).toString("base64url");
  return `${text}.${sign(key, text)}`;
}

/** The path that a token is good for at `nowMs`; undefined for one that is not. */
export function readToken(key: Uint8Array, token: string, nowMs: number): string | undefined {
  const [text = "", signature = "", ...rest] = token.split(".");
  const [given, right] = [signature, sign(key, text)].map((part) => Buffer.from(part));
  if (!given || !right || given.length !== right.length || rest.length > 0) return undefined;
  if (!timingSafeEqual(given, right)) return undefined;
  const [path, untilMs] = JSON.parse(Buffer.from(text, "base64url").toString()) as [string, number];
  return nowMs < untilMs ? path : undefined;
}
