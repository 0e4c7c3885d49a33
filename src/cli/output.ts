// Prints results in the format asked for. The names in JSON and YAML are those that files have.
import type { DescMessage, Message } from "@bufbuild/protobuf";
import { at, text } from "./cell.ts";
import type { Column } from "./column.ts";
import { tableOf } from "./columns.ts";
import { encode, type Plain, type PlainMessage } from "./document/encode.ts";
import { jsonText, yamlDocuments, yamlText } from "./document/text.ts";
import { sorted } from "./sort.ts";
import type { Style } from "./style.ts";
import { tableLines } from "./table.ts";
import { asTree } from "./tree.ts";

/** Prints one message: as a document, or as a table of one row. */
export function printOne(desc: DescMessage, message: Message, style: Style): string {
  const plain = encode(desc, message);
  if (style.format === "json") return jsonText(plain);
  if (style.format === "yaml") return yamlText(plain);
  return printTable(desc, [plain], style);
}

/** Prints a list: JSON as one array, YAML as one document for each. Throws UsageError for a wrong sort key. */
export function printList(desc: DescMessage, messages: readonly Message[], style: Style): string {
  const { columns, each } = style.table ?? tableOf(desc);
  const plain = messages.map((message) => encode(desc, message));
  if (style.format === "table" || style.format === "wide") return printTable(desc, plain, style);
  const rows = each === undefined ? sorted(plain, columns, style.sortBy) : plain;
  return style.format === "json" ? jsonText(rows) : yamlDocuments(rows);
}

function printTable(desc: DescMessage, plain: readonly PlainMessage[], style: Style): string {
  const { columns, each, tree } = style.table ?? tableOf(desc);
  const expanded = plain.flatMap((row) => expand(row, each));
  const shown = columns.filter(({ only }) => only === undefined || only === style.format);
  const rows = sorted(expanded, columns, style.sortBy);
  const branches = tree ? asTree(rows, tree) : rows.map((row) => ({ row, prefix: "" }));
  const cells = branches.map(({ row, prefix }) => {
    const [first = "", ...others] = shown.map((column) => cell(column, row, style.now));
    return [`${prefix}${first}`, ...others];
  });
  const titles = style.headers ? [shown.map(({ title }) => title)] : [];
  return tableLines([...titles, ...cells])
    .map((line) => `${line}\n`)
    .join("");
}

function expand(row: PlainMessage, each: string | undefined): PlainMessage[] {
  if (each === undefined) return [row];
  const items = row[each];
  return Array.isArray(items) ? items.map((item: Plain) => ({ ...row, [each]: item })) : [];
}

function cell({ at: path, show = text }: Column, row: PlainMessage, now: Date): string {
  return show(path === "" ? undefined : at(row, ...path.split(".")), row, now);
}
