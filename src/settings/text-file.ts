// Reads the files that settings name: UTF-8, to the byte.
import { readFileSync } from "node:fs";
import { systemErrorCode } from "../domain/system-error.ts";

/** Contents of a file, or why there are none, in words that follow the file's name. */
export type Contents = { readonly text: string } | { readonly reason: string };

const reasons: ReadonlyMap<string, string> = new Map([
  ["ENOENT", "does not exist"],
  ["ENOTDIR", "does not exist"],
  ["EACCES", "may not be read"],
  ["EISDIR", "is a folder"],
  ["ERR_ENCODING_INVALID_ENCODED_DATA", "is not UTF-8"],
]);

/** Other encodings are refused, because a key read wrongly is another key; a byte order mark stays. */
export function readText(path: string): Contents {
  try {
    const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    return { text: decoder.decode(readFileSync(path)) };
  } catch (error) {
    return { reason: reasonOf(error) };
  }
}

function reasonOf(error: unknown): string {
  const code = systemErrorCode(error) ?? "unknown cause";
  return reasons.get(code) ?? `cannot be read (${code})`;
}
