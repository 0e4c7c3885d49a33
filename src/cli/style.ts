// How results can be printed.
import type { Table } from "./column.ts";

/** The formats of `--output`. */
export const formats = ["table", "wide", "json", "yaml"] as const;
export type Format = (typeof formats)[number];

/** How to print. */
export interface Style {
  readonly format: Format;
  /** Print the titles of a table. */
  readonly headers: boolean;
  /** As in `--sort-by`; empty to keep the order. */
  readonly sortBy: string;
  readonly now: Date;
  /** The table of a list; that of its rows if absent. */
  readonly table?: Table | undefined;
}
