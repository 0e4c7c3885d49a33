// The tables of networks and addresses: names and order of columns as operators know them from metal-stack.
import { at, type Show, shortened, yesNo } from "./cell.ts";
import type { Tables } from "./column.ts";

/** How much of the addresses is in use, a line for each family: "ipv4 12%". */
const usage: Show = (value) =>
  ["ipv4", "ipv6"]
    .filter((family) => at(value, family) !== undefined)
    .map(
      (family) =>
        `${family} ${percent(at(value, family, "used_ips"), at(value, family, "available_ips"))}`,
    )
    .join("\n");

function percent(used: unknown, all: unknown): string {
  const share = Number(used ?? 0) / Number(all ?? 0);
  return Number.isFinite(share) ? `${Math.round(share * 100)}%` : "0%";
}

/** Networks and addresses. */
export const networkTables: Tables = {
  "metal.v1.Network": {
    tree: { key: "id", below: "parentnetworkid" },
    columns: [
      { title: "ID", at: "id" },
      { title: "DESCRIPTION", at: "description", only: "wide" },
      { title: "NAME", at: "name" },
      { title: "PROJECT", at: "projectid" },
      { title: "PARTITION", at: "partitionid" },
      { title: "NAT", at: "nat", show: yesNo },
      { title: "SHARED", at: "shared", show: yesNo },
      { title: "PREFIXES", at: "prefixes" },
      { title: "IP USAGE", at: "consumption", show: usage, only: "table" },
      { title: "PRIVATE SUPER", at: "privatesuper", show: yesNo, only: "wide" },
      { title: "LABELS", at: "labels", only: "wide" },
    ],
  },
  "metal.v1.IP": {
    columns: [
      { title: "IP", at: "ipaddress" },
      { title: "ALLOCATION UUID", at: "allocationuuid", only: "wide" },
      { title: "DESCRIPTION", at: "description", show: shortened, only: "table" },
      { title: "DESCRIPTION", at: "description", only: "wide" },
      { title: "NAME", at: "name" },
      { title: "NETWORK", at: "networkid" },
      { title: "PROJECT", at: "projectid" },
      { title: "TYPE", at: "type" },
      { title: "TAGS", at: "tags" },
    ],
  },
};
