// Chance that repeats itself: the same seed and name give the same numbers, whatever else happens.
import { createHash } from "node:crypto";

/** Numbers from 0 to below 1, the same ones for the same seed and name. */
export function chanceOf(seed: number, name: string): () => number {
  let state = digestOf(seed, name).readUInt32LE(0);
  // Mulberry32, a generator that fits into four lines.
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A UUID of version 8 (RFC 9562, section 5.8), the same one for the same seed and name. */
export function uuidOf(seed: number, name: string): string {
  const hex = digestOf(seed, name).toString("hex");
  const [a, b, c, d, e] = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(13, 16),
    hex.slice(17, 20),
    hex.slice(20, 32),
  ];
  return `${a}-${b}-8${c}-8${d}-${e}`;
}

const digestOf = (seed: number, name: string): Buffer =>
  createHash("sha256").update(`${seed} ${name}`).digest();
