// The tables of networks and addresses: names and order of columns as operators know them from metal-stack.
import type { Plain } from "./document/encode.ts";
import { at, type Show, shortened, yesNo } from "./cell.ts";
import type { Tables } from "./column.ts";

/** Addresses of one block, in which the server counts what is free for children: a /30 or a /126. */
const blockIps = 4;

/** How much of the addresses is in use, a line for each family: "ipv4 12%". Nothing where children take prefixes. */
const ipUsage: Show = (value) =>
  usage(value, (counts) => (hasPrefixes(counts) ? undefined : percent(ipShare(counts))));

/** How much of a super network its children have, a line for each family: "ipv4 12%". */
const prefixUsage: Show = (value) =>
  usage(value, (counts) => (hasPrefixes(counts) ? prefixesInUse(counts) : undefined));

function usage(value: Plain | undefined, text: (counts: Plain) => string | undefined): string {
  return ["ipv4", "ipv6"]
    .flatMap((family) => {
      const counts = at(value, family);
      const shown = counts === undefined ? undefined : text(counts);
      return shown === undefined ? [] : [`${family} ${shown}`];
    })
    .join("\n");
}

const count = (counts: Plain, key: string) => Number(at(counts, key) ?? 0);
const hasPrefixes = (counts: Plain) =>
  count(counts, "available_prefixes") + count(counts, "used_prefixes") > 0;
const ipShare = (counts: Plain) => count(counts, "used_ips") / count(counts, "available_ips");

/** A share; of more addresses than the API can count, so many prefixes. */
function prefixesInUse(counts: Plain): string {
  const free = (count(counts, "available_prefixes") * blockIps) / count(counts, "available_ips");
  return free > 1 ? `${count(counts, "used_prefixes")} in use` : percent(1 - free);
}

const percent = (share: number) => (Number.isFinite(share) ? `${Math.round(share * 100)}%` : "0%");

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
      { title: "PREFIX USAGE", at: "consumption", show: prefixUsage, only: "table" },
      { title: "IP USAGE", at: "consumption", show: ipUsage, only: "table" },
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
