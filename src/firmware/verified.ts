// Whether what is uploaded is what was announced, while it passes.
import { createHash } from "node:crypto";
import { invalid } from "../domain/errors.ts";
import type { Upload } from "./store.ts";

/**
 * The chunks of an upload. The last one is held back until all of them together are what was announced, and accepted, so
 * that who needs all bytes has not got them before. Throws invalid_argument, and what accepting throws.
 */
export async function* verified({
  size,
  sha256,
  chunks,
  accept,
}: Upload): AsyncGenerator<Uint8Array> {
  const hash = createHash("sha256");
  let seen = 0;
  let held: Uint8Array | undefined;
  for await (const chunk of chunks) {
    seen += chunk.byteLength;
    if (seen > size) throw invalid(`header.size: ${size} bytes were announced, and more came`);
    hash.update(chunk);
    if (held !== undefined) yield held;
    held = chunk;
  }
  if (seen < size) throw invalid(`header.size: ${size} bytes were announced, ${seen} came`);
  const digest = hash.digest("hex");
  if (digest !== sha256)
    throw invalid(`header.sha256: what came has "${digest}", not "${sha256}" as announced`);
  await accept?.();
  if (held !== undefined) yield held;
}
