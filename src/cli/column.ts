// What a column and a table are made of, and the columns that many kinds share.
import { type Show, shortened } from "./cell.ts";
import type { Kinship } from "./tree.ts";

/** A column of a table. */
export interface Column {
  readonly title: string;
  /** Where the value is, by the names that files have: "meta.id". Empty for a column that is always the same. */
  readonly at: string;
  /** How the value looks; as plain text if left out. */
  readonly show?: Show;
  /** In which of the two table formats; in both if left out. */
  readonly only?: "table" | "wide";
}

/** A table. */
export interface Table {
  /** A list of the message whose items are the rows; the values around it are repeated on each. */
  readonly each?: string;
  /** Rows can belong below others: these are drawn as a tree. */
  readonly tree?: Kinship;
  readonly columns: readonly Column[];
}

/** Tables by the full name of the message. */
export type Tables = Readonly<Record<string, Table>>;

/** The description, cut to 30 letters where there is little room. */
export const description: readonly Column[] = [
  { title: "DESCRIPTION", at: "description", show: shortened, only: "table" },
  { title: "DESCRIPTION", at: "description", only: "wide" },
];

/** What most entities begin with. */
export const named: readonly Column[] = [
  { title: "ID", at: "id" },
  { title: "NAME", at: "name" },
  ...description,
];

/** What most entities end with. */
export const labels: Column = { title: "LABELS", at: "labels", only: "wide" };

/** A line between two groups of columns. */
export const separator: Column = { title: "|", at: "", show: () => "|" };
