// The tables of what a data centre consists of: names and order of columns as operators know them from metal-stack.
import {
  at,
  bytes,
  count,
  items,
  names,
  quotas,
  ranges,
  type Show,
  text,
  until,
  values,
} from "./cell.ts";
import { description, labels, named, separator, type Tables } from "./column.ts";
import type { PlainMessage } from "./document/encode.ts";

const usedReservations: Show = (_, row) => {
  const [used, all] = [at(row, "usedReservations"), at(row, "reservations")].map(Number);
  if (!all) return "0";
  return `${all - (used || 0)} (${used || 0}/${all} used)`;
};
const usedOfAmount: Show = (used, row) =>
  `${count(used, row, new Date(0))}/${text(at(row, "amount"), row, new Date(0))}`;

/** Tenants to images, and their layouts and constraints. */
export const inventoryTables: Tables = {
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
};

function part(row: PlainMessage, name: string): PlainMessage {
  const value = row[name];
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as PlainMessage)
    : {};
}
