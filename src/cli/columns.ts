// The columns of tables, kind by kind: names and order that operators know from metal-stack. A kind that is not here
// gets a column for each of its single values.
import type { DescField, DescMessage } from "@bufbuild/protobuf";
import {
  at,
  bytes,
  count,
  items,
  names,
  quotas,
  ranges,
  type Show,
  shortened,
  text,
  until,
  values,
  yesNo,
} from "./cell.ts";
import { isNested } from "./shape.ts";
import type { PlainMessage } from "./document/encode.ts";
import { kebab } from "./naming.ts";

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
  readonly columns: readonly Column[];
}

const description: readonly Column[] = [
  { title: "DESCRIPTION", at: "description", show: shortened, only: "table" },
  { title: "DESCRIPTION", at: "description", only: "wide" },
];
const named: readonly Column[] = [
  { title: "ID", at: "id" },
  { title: "NAME", at: "name" },
  ...description,
];
const separator: Column = { title: "|", at: "", show: () => "|" };
const labels: Column = { title: "LABELS", at: "labels", only: "wide" };

const usedReservations: Show = (_, row) => {
  const [used, all] = [at(row, "usedReservations"), at(row, "reservations")].map(Number);
  if (!all) return "0";
  return `${all - (used || 0)} (${used || 0}/${all} used)`;
};
const usedOfAmount: Show = (used, row) =>
  `${count(used, row, new Date(0))}/${text(at(row, "amount"), row, new Date(0))}`;

/** The tables by the full name of the message. */
export const tables: Readonly<Record<string, Table>> = {
  "metal.v1.Tenant": {
    columns: [
      { title: "ID", at: "meta.id" },
      { title: "NAME", at: "name" },
      ...description,
      { title: "LABELS", at: "meta.labels", only: "wide" },
      { title: "ANNOTATIONS", at: "meta.annotations", only: "wide" },
      { title: "QUOTAS CLUSTERS/MACHINES/IPS", at: "quotas", show: quotas, only: "wide" },
    ],
  },
  "metal.v1.Project": {
    columns: [
      { title: "UID", at: "meta.id" },
      { title: "TENANT", at: "tenant_id" },
      { title: "NAME", at: "name" },
      ...description,
      { title: "QUOTAS CLUSTERS/MACHINES/IPS", at: "quotas", show: quotas, only: "wide" },
      { title: "LABELS", at: "meta.labels" },
      { title: "ANNOTATIONS", at: "meta.annotations" },
    ],
  },
  "metal.v1.Partition": { columns: [...named, labels] },
  "metal.v1.PartitionCapacity": {
    each: "sizes",
    columns: [
      { title: "PARTITION", at: "partitionId" },
      { title: "SIZE", at: "sizes.sizeId" },
      { title: "ALLOCATED", at: "sizes.allocated", show: count },
      { title: "FREE", at: "sizes.free", show: count },
      { title: "UNAVAILABLE", at: "sizes.unavailable", show: count },
      {
        title: "RESERVATIONS",
        at: "sizes.reservations",
        show: (v, row, now) => usedReservations(v, part(row, "sizes"), now),
      },
      separator,
      { title: "TOTAL", at: "sizes.total", show: count },
      separator,
      { title: "FAULTY", at: "sizes.faulty", show: count },
      { title: "PHONED HOME", at: "sizes.phonedHome", show: count, only: "wide" },
      { title: "WAITING", at: "sizes.waiting", show: count, only: "wide" },
      { title: "OTHER", at: "sizes.other", show: count, only: "wide" },
    ],
  },
  "metal.v1.Size": {
    columns: [
      ...named,
      { title: "CPU RANGE", at: "constraints", show: ranges("cores") },
      { title: "MEMORY RANGE", at: "constraints", show: ranges("memory", bytes) },
      { title: "STORAGE RANGE", at: "constraints", show: ranges("storage", bytes) },
      { title: "GPU RANGE", at: "constraints", show: ranges("gpu") },
      labels,
    ],
  },
  "metal.v1.SizeConstraint": {
    columns: [
      { title: "TYPE", at: "type" },
      { title: "MIN", at: "min", show: count },
      { title: "MAX", at: "max", show: count },
      { title: "IDENTIFIER", at: "identifier" },
    ],
  },
  "metal.v1.SizeReservation": {
    columns: [
      { title: "ID", at: "id" },
      { title: "SIZE", at: "sizeid" },
      { title: "PROJECT", at: "projectid" },
      { title: "PARTITIONS", at: "partitionids" },
      ...description,
      { title: "AMOUNT", at: "amount" },
      labels,
    ],
  },
  "metal.v1.SizeReservationUsage": {
    columns: [
      { title: "ID", at: "id" },
      { title: "SIZE", at: "sizeid" },
      { title: "PROJECT", at: "projectid" },
      { title: "PARTITION", at: "partitionid" },
      { title: "USED/AMOUNT", at: "usedamount", show: usedOfAmount },
      { title: "ALLOCATED", at: "projectallocations", show: count, only: "wide" },
      labels,
    ],
  },
  "metal.v1.Image": {
    columns: [
      ...named,
      {
        title: "FEATURES",
        at: "features",
        show: (value, row, now) => text(value, row, now).replaceAll("\n", ","),
      },
      { title: "EXPIRATION", at: "expirationDate", show: until },
      { title: "STATUS", at: "classification" },
      {
        title: "USED BY",
        at: "usedby",
        show: (value) => (Array.isArray(value) ? String(value.length) : ""),
        only: "table",
      },
      { title: "USED BY", at: "usedby", only: "wide" },
    ],
  },
  "metal.v1.FilesystemLayout": {
    columns: [
      { title: "ID", at: "id" },
      ...description,
      { title: "FILESYSTEMS", at: "filesystems", show: items("path", "device", "format") },
      { title: "SIZES", at: "constraints.sizes" },
      { title: "IMAGES", at: "constraints.images" },
    ],
  },
  "metal.v1.SizeImageConstraint": {
    columns: [
      ...named,
      { title: "IMAGE", at: "constraints.images", show: names },
      { title: "CONSTRAINT", at: "constraints.images", show: values },
    ],
  },
  "metal.v1.AuditRecord": {
    columns: [
      { title: "TIME", at: "time" },
      { title: "TRACE ID", at: "traceId" },
      { title: "PROCEDURE", at: "procedure" },
      { title: "DECISION", at: "decision" },
      { title: "CODE", at: "code" },
      { title: "USER", at: "principal" },
      { title: "ROLE", at: "role", only: "wide" },
      { title: "PEER", at: "peer", only: "wide" },
      { title: "DURATION", at: "duration", only: "wide" },
      { title: "ERROR", at: "error", only: "wide" },
    ],
  },
  "metal.v1.AccessDecision": {
    columns: [
      { title: "PROCEDURE", at: "rule.procedure" },
      { title: "NEEDS", at: "rule.minRole" },
      { title: "ALLOWED", at: "allowed", show: yesNo },
      { title: "REFUSAL", at: "refusal" },
      { title: "COMPONENTS", at: "rule.components", only: "wide" },
      { title: "AUDIT", at: "rule.audit", only: "wide" },
      { title: "RULE", at: "rule.source", only: "wide" },
    ],
  },
  "metal.v1.HealthComponent": {
    columns: [
      { title: "NAME", at: "name" },
      { title: "STATUS", at: "status" },
    ],
  },
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

function part(row: PlainMessage, name: string): PlainMessage {
  const value = row[name];
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as PlainMessage)
    : {};
}
