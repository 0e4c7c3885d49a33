// The tables of machines, switches and firmware: names and order of columns as operators know them from metal-stack.
import { ago, at, bytes, type Show, shortened, text } from "./cell.ts";
import type { Tables } from "./column.ts";
import type { Plain, PlainMessage } from "./document/encode.ts";

/** What an operator should notice about a machine. */
const notices: readonly (readonly [word: string, holds: (machine: PlainMessage) => boolean])[] = [
  ["locked", (machine) => at(machine, "state", "value") === "locked"],
  ["reserved", (machine) => at(machine, "state", "value") === "reserved"],
  ["dead", (machine) => at(machine, "liveliness") === "dead"],
  ["unknown", (machine) => at(machine, "liveliness") === "unknown"],
  ["crash-loop", (machine) => at(machine, "events", "crash_loop") === true],
  ["failed-reclaim", (machine) => at(machine, "events", "failed_machine_reclaim") === true],
  ["led-on", (machine) => at(machine, "ledstate", "value") === "on"],
];

const noticed: Show = (_, machine) =>
  notices
    .filter(([, holds]) => holds(machine))
    .map(([word]) => word)
    .join(",");

/** The newest event is the first of the log. */
const newestEvent: Show = (log, row, now) =>
  Array.isArray(log) ? text(at((log as Plain[])[0], "event"), row, now) : "";

const allIps: Show = (networks) =>
  Array.isArray(networks)
    ? networks
        .flatMap((network: Plain) => at(network, "ips") ?? [])
        .map((ip) => text(ip, {}, new Date(0)))
        .join("\n")
    : "";

const watts: Show = (value, row) => {
  const state = text(at(row, "powerstate"), row, new Date(0));
  const average = at(value, "averageconsumedwatts");
  return average === undefined ? state : `${state} ${text(average, row, new Date(0))}W`;
};

const lateSeconds = 60;
const lostSeconds = 600;
const slowSeconds = 20;
const stuckSeconds = 30;

/** How a switch's last sync was: metal-stack's yellow and red, as words. */
const switchStatus: Show = (sync, row, now) => {
  const time = at(sync, "time");
  if (typeof time !== "string") return "";
  const age = (now.getTime() - Date.parse(time)) / 1000;
  const duration = Number.parseFloat(text(at(sync, "duration") ?? "0", row, now));
  if (age >= lostSeconds || duration >= stuckSeconds || at(row, "mode") === "replace")
    return "failing";
  return age >= lateSeconds || duration >= slowSeconds ? "late" : "ok";
};

const operatingSystem: Show = (os, row, now) => {
  const [vendor, version] = ["vendor", "version"].map((name) => text(at(os, name), row, now));
  return version === "" ? (vendor ?? "") : `${vendor} (${version})`;
};

const lastError: Show = (sync, row, now) => {
  const error = text(at(sync, "error"), row, now);
  return error === "" ? "" : `${ago(at(sync, "time"), row, now)} ago: ${error}`;
};

const size = (value: Plain | undefined) => (value === undefined ? "" : bytes(Number(value)));

/** Machines and what surrounds them. */
export const machineTables: Tables = {
  "metal.v1.Machine": {
    columns: [
      { title: "ID", at: "id" },
      { title: "STATE", at: "liveliness", show: noticed },
      { title: "LAST EVENT", at: "events.log", show: newestEvent },
      { title: "WHEN", at: "events.last_event_time", show: ago },
      { title: "AGE", at: "allocation.created", show: ago },
      { title: "DESCRIPTION", at: "allocation.description", only: "wide" },
      { title: "NAME", at: "allocation.name", only: "wide" },
      { title: "HOSTNAME", at: "allocation.hostname", show: shortened },
      { title: "PROJECT", at: "allocation.project" },
      { title: "IPS", at: "allocation.networks", show: allIps, only: "wide" },
      { title: "SIZE", at: "sizeid" },
      { title: "IMAGE", at: "allocation.imageid" },
      { title: "PARTITION", at: "partitionid" },
      { title: "RACK", at: "rackid" },
      { title: "STARTED", at: "allocation.created", only: "wide" },
      { title: "TAGS", at: "tags", only: "wide" },
      { title: "LOCK / RESERVE", at: "state.description", only: "wide" },
    ],
  },
  "metal.v1.MachineIssues": {
    each: "issues",
    columns: [
      { title: "ID", at: "machineid" },
      { title: "SEVERITY", at: "issues.severity" },
      { title: "ISSUE", at: "issues.id" },
      { title: "DESCRIPTION", at: "issues.description" },
      { title: "DETAILS", at: "issues.details", only: "wide" },
      { title: "REMEDY", at: "issues.remedy", only: "wide" },
      { title: "REF URL", at: "issues.ref_url", only: "wide" },
    ],
  },
  "metal.v1.MachineBMC": {
    columns: [
      { title: "ID", at: "id" },
      { title: "POWER", at: "powermetric", show: watts },
      { title: "IP", at: "address" },
      { title: "MAC", at: "mac" },
      { title: "BOARD PART NUMBER", at: "fru.board_part_number" },
      { title: "CHASSIS SERIAL", at: "fru.chassis_part_serial", only: "wide" },
      { title: "PRODUCT SERIAL", at: "fru.product_serial", only: "wide" },
      { title: "BIOS", at: "bios.version" },
      { title: "BMC", at: "bmcversion" },
      { title: "SIZE", at: "sizeid" },
      { title: "PARTITION", at: "partitionid" },
      { title: "RACK", at: "rackid" },
      { title: "UPDATED", at: "last_updated", show: ago },
    ],
  },
  "metal.v1.Switch": {
    columns: [
      { title: "ID", at: "id" },
      { title: "PARTITION", at: "partition_id" },
      { title: "RACK", at: "rack_id" },
      { title: "OS", at: "os.vendor", only: "table" },
      { title: "STATUS", at: "last_sync", show: switchStatus, only: "table" },
      { title: "OS", at: "os", show: operatingSystem, only: "wide" },
      { title: "METALCORE", at: "os.metal_core_version", only: "wide" },
      { title: "IP", at: "management_ip", only: "wide" },
      { title: "MODE", at: "mode", only: "wide" },
      { title: "LAST SYNC", at: "last_sync.time", show: ago },
      { title: "SYNC DURATION", at: "last_sync.duration", only: "wide" },
      { title: "LAST ERROR", at: "last_sync_error", show: lastError, only: "wide" },
    ],
  },
  "metal.v1.Firmware": {
    columns: [
      { title: "KIND", at: "kind" },
      { title: "VENDOR", at: "vendor" },
      { title: "BOARD", at: "board" },
      { title: "REVISION", at: "revision" },
      { title: "SIZE", at: "size", show: size },
      { title: "AGE", at: "created", show: ago },
      { title: "SHA256", at: "sha256", only: "wide" },
    ],
  },
};
