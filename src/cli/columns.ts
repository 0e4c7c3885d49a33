// The columns of tables, kind by kind. A kind that has no table of its own gets a column for each of its single values.
import type { DescField, DescMessage } from "@bufbuild/protobuf";
import { accessTables } from "./access-tables.ts";
import type { Column, Table, Tables } from "./column.ts";
import { inventoryTables } from "./inventory-tables.ts";
import { kebab } from "./naming.ts";
import { machineTables } from "./machine-tables.ts";
import { networkTables } from "./network-tables.ts";
import { isNested } from "./shape.ts";

/** The tables by the full name of the message. */
export const tables: Tables = {
  ...inventoryTables,
  ...networkTables,
  ...machineTables,
  ...accessTables,
};

/** The table of a message: its own, or a column for each single value. */
export function tableOf(desc: DescMessage): Table {
  return tables[desc.typeName] ?? { columns: desc.fields.filter(isSingle).map(derived) };
}

function isSingle(field: DescField): boolean {
  return !isNested(field) && !(field.fieldKind === "list" && field.message !== undefined);
}

function derived(field: DescField): Column {
  const title = kebab(field.name).replaceAll("-", " ").toUpperCase();
  const isPlural = field.fieldKind === "list" || field.fieldKind === "map";
  return { title, at: field.jsonName, ...(isPlural && { only: "wide" as const }) };
}
