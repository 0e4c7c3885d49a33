// Orders rows as a tree: what belongs below another row follows it, with a branch in front.
import { at, text } from "./cell.ts";
import type { PlainMessage } from "./document/encode.ts";

/** A row, and what is drawn in front of its first cell. */
export interface Branch {
  readonly row: PlainMessage;
  readonly prefix: string;
}

/** Where a row says what it is called, and what it belongs below. */
export interface Kinship {
  readonly key: string;
  readonly below: string;
}

/**
 * Each row once, its children after it, otherwise in their order. A row whose parent is not among them stands at the
 * top, and so do those that are below each other.
 */
export function asTree(rows: readonly PlainMessage[], { key, below }: Kinship): Branch[] {
  const present = new Set(rows.map((row) => textAt(row, key)));
  const families = Map.groupBy(rows, (row) => {
    const parent = textAt(row, below);
    return present.has(parent) ? parent : "";
  });
  const seen = new Set<PlainMessage>();
  const grow = (row: PlainMessage, prefix: string, lead: string): Branch[] => {
    if (seen.has(row)) return [];
    seen.add(row);
    const children = families.get(textAt(row, key)) ?? [];
    const grown = children.flatMap((child, index) => {
      const isLast = index === children.length - 1;
      return grow(child, `${lead}${isLast ? "└─╴" : "├─╴"}`, `${lead}${isLast ? "   " : "│  "}`);
    });
    return [{ row, prefix }, ...grown];
  };
  return [...(families.get("") ?? []), ...rows].flatMap((row) => grow(row, "", ""));
}

function textAt(row: PlainMessage, path: string): string {
  return text(at(row, ...path.split(".")), row, new Date(0));
}
