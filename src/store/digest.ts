// What a table holds, as a number of rows and a hash: the same for the same rows in the same order, in every engine.
import { createHash } from "node:crypto";

/** A row as a database returns it: text, numbers, bytes, null. */
export type Row = Readonly<Record<string, unknown>>;

/** How much a table holds, and a hash over all of it. It finds damage and tells nothing about who wrote it. */
export interface Digest {
  readonly rows: number;
  /** SHA-256 in hexadecimal. */
  readonly sha256: string;
}

/** Takes rows, page by page. */
export class DigestOfRows {
  readonly #hash = createHash("sha256");
  #rows = 0;

  add(rows: readonly Row[]): void {
    for (const row of rows) this.#hash.update(lineOf(row));
    this.#rows += rows.length;
  }

  /** Of all rows so far; the last thing to ask. */
  value(): Digest {
    return { rows: this.#rows, sha256: this.#hash.digest("hex") };
  }
}

function lineOf(row: Row): string {
  const names = Object.keys(row).sort();
  return `${JSON.stringify(names.map((name) => [name, plain(row[name])]))}\n`;
}

/** Engines return bytes as views of different classes. */
function plain(value: unknown): unknown {
  if (!ArrayBuffer.isView(value)) return value;
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64");
}
