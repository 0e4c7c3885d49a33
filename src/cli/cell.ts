// How values look in a table.
import type { Plain, PlainMessage } from "./document/encode.ts";
import { jsonText } from "./document/text.ts";
import { ageText } from "./time.ts";

/** Turns the value of a column into text; a line break begins another line of the same cell. */
export type Show = (value: Plain | undefined, row: PlainMessage, now: Date) => string;

/** Single values as they are, the items of lists and maps on lines of their own. */
export const text: Show = (value) => {
  if (value === undefined || value === null) return "";
  if (isList(value)) return value.map(flat).join("\n");
  if (typeof value !== "object") return String(value);
  return entriesOf(value)
    .map(([key, item]) => `${key}=${flat(item)}`)
    .join("\n");
};

/** The names of a map, a line for each. */
export const names: Show = (value) =>
  entriesOf(value)
    .map(([name]) => name)
    .join("\n");

/** The values of a map, a line for each. */
export const values: Show = (value) =>
  entriesOf(value)
    .map(([, item]) => flat(item))
    .join("\n");

/** Some values of each item of a list, on a line for each item. */
export function items(...fields: readonly string[]): Show {
  return (value) => (isList(value) ? value.map(itemLine(fields)).join("\n") : "");
}

function itemLine(fields: readonly string[]): (item: Plain) => string {
  return (item) =>
    fields
      .map((field) => flat(at(item, field) ?? ""))
      .filter((word) => word !== "")
      .join(" ");
}

/** A number that is 0 when it is not there. */
export const count: Show = (value) => text(value ?? 0, {}, new Date(0));

/** A truth value. */
export const yesNo: Show = (value) => (value === true ? "yes" : "no");

const longest = 30;

/** A text of at most 30 characters, shortened in the middle. */
export const shortened: Show = (value) => {
  const whole = text(value, {}, new Date(0)).replaceAll("\n", " ");
  const letters = Array.from(whole);
  if (letters.length <= longest) return whole;
  const half = (longest - 3) / 2;
  return `${letters.slice(0, Math.ceil(half)).join("")}...${letters.slice(-Math.floor(half)).join("")}`;
};

/** How long ago a time was, in two units. */
export const ago: Show = (value, _, now) => {
  const seconds = (now.getTime() - timeOf(value)) / 1000;
  return Number.isNaN(seconds) ? "" : ageText(seconds);
};

/** How long until a time, in two units; "expired" when it has come. */
export const until: Show = (value, _, now) => {
  const seconds = (timeOf(value) - now.getTime()) / 1000;
  if (Number.isNaN(seconds)) return "";
  return seconds <= 0 ? "expired" : ageText(seconds);
};

const prefixes = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];

/** Bytes with a decimal prefix: "500 MB", "4.0 GB". Below ten units one decimal is shown. */
export function bytes(amount: number): string {
  const power = Math.min(Math.floor(Math.log10(Math.max(amount, 1)) / 3), prefixes.length - 1);
  const value = amount / 1000 ** power;
  const digits = power > 0 && value < 10 ? 1 : 0;
  return `${value.toFixed(digits)} ${prefixes[power]}`;
}

/** The ranges of a size's constraints of one type, a line for each, after the pattern that limits it. */
export function ranges(type: string, unit: (amount: number) => string = String): Show {
  return (value) =>
    isList(value)
      ? value
          .filter((item) => at(item, "type") === type)
          .map(rangeIn(unit))
          .join("\n")
      : "";
}

function rangeIn(unit: (amount: number) => string): (constraint: Plain) => string {
  return (constraint) => {
    const [min, max] = ["min", "max"].map((name) => unit(Number(at(constraint, name) ?? 0)));
    const pattern = at(constraint, "identifier");
    return `${pattern === undefined ? "" : `${flat(pattern)}: `}${min} - ${max}`;
  };
}

/** Limits of clusters, machines and addresses: "∞ / 10 / ∞". */
export const quotas: Show = (value) =>
  ["cluster", "machine", "ip"].map((name) => flat(at(value, name, "quota") ?? "∞")).join(" / ");

/** The value at a path of names; undefined if there is none. */
export function at(value: Plain | undefined, ...names: readonly string[]): Plain | undefined {
  const [first, ...rest] = names;
  if (first === undefined) return value;
  if (typeof value !== "object" || value === null || isList(value)) return undefined;
  return Object.hasOwn(value, first) ? at(value[first], ...rest) : undefined;
}

function timeOf(value: Plain | undefined): number {
  return typeof value === "string" ? Date.parse(value) : Number.NaN;
}

function flat(value: Plain): string {
  if (typeof value !== "object" || value === null) return String(value ?? "");
  return jsonText(value)
    .replaceAll(/\s*\n\s*/g, " ")
    .trim();
}

function entriesOf(value: Plain | undefined): [string, Plain][] {
  return typeof value === "object" && value !== null && !isList(value) ? Object.entries(value) : [];
}

function isList(value: Plain | undefined): value is readonly Plain[] {
  return Array.isArray(value);
}
