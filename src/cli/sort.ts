// Orders rows by columns, as `--sort-by size,age:desc` says.
import { at } from "./cell.ts";
import type { Column } from "./column.ts";
import type { Plain, PlainMessage } from "./document/encode.ts";
import { UsageError } from "./errors.ts";

/** Names digits by their value: "rack-10" after "rack-9", 10.0.0.10 after 10.0.0.9. */
const collator = new Intl.Collator("en", { numeric: true });

/** The rows in the order asked for, equal ones as they came. Throws UsageError, which lists the columns. */
export function sorted(
  rows: readonly PlainMessage[],
  columns: readonly Column[],
  spec: string,
): readonly PlainMessage[] {
  if (spec === "") return rows;
  const orders = spec.split(",").map((part) => orderOf(part.trim(), columns));
  return rows.toSorted((a, b) => firstDifference(orders.map((order) => order(a, b))));
}

/** What `--sort-by` takes. */
export function sortKeys(columns: readonly Column[]): string[] {
  return [...new Set(columns.filter(({ at }) => at !== "").map(keyOf))];
}

type Order = (a: PlainMessage, b: PlainMessage) => number;

function orderOf(part: string, columns: readonly Column[]): Order {
  const [key = "", direction = "asc", ...rest] = part.split(":");
  if ((direction !== "asc" && direction !== "desc") || rest.length > 0)
    throw new UsageError(`--sort-by ${part}: the direction is asc or desc`);
  const column = columns.find((candidate) => keyOf(candidate) === key.toLowerCase());
  if (!column || column.at === "")
    throw new UsageError(
      `--sort-by: no column "${key}"; there are: ${sortKeys(columns).join(", ")}`,
    );
  const path = column.at.split(".");
  return (a, b) => compare(at(a, ...path), at(b, ...path), direction === "asc" ? 1 : -1);
}

function keyOf({ title }: Column): string {
  return title.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
}

/** Rows without a value come last in either direction. */
function compare(a: Plain | undefined, b: Plain | undefined, sign: number): number {
  if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined);
  if (isNumber(a) && isNumber(b)) return a < b ? -sign : Number(a > b) * sign;
  return sign * collator.compare(textOf(a), textOf(b));
}

function isNumber(value: Plain): value is number | bigint {
  return typeof value === "number" || typeof value === "bigint";
}

function textOf(value: Plain): string {
  return typeof value === "object" ? JSON.stringify(value, bigintText) : String(value);
}

function bigintText(_: string, value: unknown): unknown {
  return typeof value === "bigint" ? value.toString() : value;
}

function firstDifference(results: readonly number[]): number {
  return results.find((result) => result !== 0) ?? 0;
}
