// What a workload reports: tables whose cells are numbers until they are printed.
import type { Spread } from "./spread.ts";

/** A word, a number, or what several rounds came to; nothing where there is nothing to say. */
export type Cell = string | number | Spread | undefined;

/** A column: the key of its cells, its heading with the unit, and how many digits are told after the point. */
export interface Column {
  readonly key: string;
  readonly head: string;
  readonly digits?: number;
}

/** A table with a heading. */
export interface Table {
  readonly title: string;
  readonly columns: readonly Column[];
  readonly rows: ReadonlyArray<Readonly<Record<string, Cell>>>;
}

/** The table as GitHub renders it. */
export function markdown({ title, columns, rows }: Table): string {
  const lines = textsOf({ columns, rows }).map((texts) => `| ${texts.join(" | ")} |`);
  const rule = `|${columns.map((_, at) => (at === 0 ? "---|" : "--:|")).join("")}`;
  return [`### ${title}`, "", lines[0], rule, ...lines.slice(1), ""].join("\n");
}

/** The table for a terminal. */
export function plain({ title, columns, rows }: Table): string {
  const texts = textsOf({ columns, rows });
  const widths = columns.map((_, at) => Math.max(...texts.map((line) => line[at]?.length ?? 0)));
  const pad = (text: string, at: number) =>
    at === 0 ? text.padEnd(widths[at] ?? 0) : text.padStart(widths[at] ?? 0);
  return [title, ...texts.map((line) => `  ${line.map(pad).join("  ").trimEnd()}`), ""].join("\n");
}

/** The heads, and the cells of each row, as texts. */
function textsOf({ columns, rows }: Pick<Table, "columns" | "rows">): string[][] {
  const heads = columns.map(({ head }) => head);
  return [heads, ...rows.map((row) => columns.map(({ key, digits }) => text(row[key], digits)))];
}

function text(cell: Cell, digits = 0): string {
  if (cell === undefined) return "";
  if (typeof cell === "string") return cell;
  const number = (value: number) =>
    value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  if (typeof cell === "number") return number(cell);
  if (cell.min === cell.max) return number(cell.median);
  return `${number(cell.median)} (${number(cell.min)}–${number(cell.max)})`;
}
