// Lists that are shown otherwise than by the table of their rows, and further verbs that show a list in another way.
import type { DescMethod } from "@bufbuild/protobuf";
import { FirewallService } from "../../gen/metal/v1/firewall_pb.ts";
import { SwitchService } from "../../gen/metal/v1/switch_pb.ts";
import { ago, at, type Show, text } from "./cell.ts";
import type { Table } from "./column.ts";
import type { Plain, PlainMessage } from "./document/encode.ts";
import { procedureOf, verbOf } from "./naming.ts";

const plain = (value: Plain | undefined) => text(value, {}, new Date(0));
const listOf = (value: Plain | undefined): readonly Plain[] => (Array.isArray(value) ? value : []);

/** The name of a port, with a word if nothing comes through. */
const port: Show = (nic) =>
  at(nic, "actual") === "down" ? `${plain(at(nic, "name"))} (DOWN)` : plain(at(nic, "name"));

/** How BGP stands at a port, and in which VRF. */
const bgp: Show = (nic) =>
  ["bgp_state", "vrf_name"]
    .map((name) => plain(at(nic, "bgp_port_state", name)))
    .join(" ")
    .trim();

/** The machine at a port, of those that a switch is connected with. */
const machineAt: Show = (name, row: PlainMessage) => {
  const connection = listOf(at(row, "connections")).find((one) => at(one, "nic", "name") === name);
  return plain(at(connection, "machine_id"));
};

const networks: Show = (value) =>
  listOf(value)
    .map((network) => plain(at(network, "networkid")))
    .join("\n");

const ips: Show = (value) =>
  listOf(value)
    .flatMap((network) => listOf(at(network, "ips")))
    .map(plain)
    .join("\n");

const connectedMachines: Table = {
  each: "connections",
  columns: [
    { title: "SWITCH", at: "id" },
    { title: "NIC NAME", at: "connections.nic", show: port },
    { title: "IDENTIFIER", at: "connections.nic.identifier" },
    { title: "MACHINE", at: "connections.machine_id" },
    { title: "PARTITION", at: "partition_id" },
    { title: "RACK", at: "rack_id" },
    { title: "VRF", at: "connections.nic.vrf", only: "wide" },
    { title: "BGP", at: "connections.nic", show: bgp, only: "wide" },
  ],
};

const detail: Table = {
  each: "nics",
  columns: [
    { title: "PARTITION", at: "partition_id" },
    { title: "RACK", at: "rack_id" },
    { title: "SWITCH", at: "id" },
    { title: "PORT", at: "nics", show: port },
    { title: "MACHINE", at: "nics.name", show: machineAt },
    { title: "VNI-FILTER", at: "nics.filter.vnis" },
    { title: "CIDR-FILTER", at: "nics.filter.cidrs" },
  ],
};

const firewalls: Table = {
  columns: [
    { title: "ID", at: "id" },
    { title: "AGE", at: "allocation.created", show: ago },
    { title: "HOSTNAME", at: "allocation.hostname" },
    { title: "PROJECT", at: "allocation.project" },
    { title: "NETWORKS", at: "allocation.networks", show: networks },
    { title: "IPS", at: "allocation.networks", show: ips },
    { title: "PARTITION", at: "partitionid" },
  ],
};

/** By procedure and verb, as operators know them from metal-stack. */
const views: Readonly<Record<string, Readonly<Record<string, Table>>>> = {
  [procedureOf(SwitchService.method.list)]: { "connected-machines": connectedMachines, detail },
  [procedureOf(FirewallService.method.list)]: { list: firewalls },
};

/** The table with which a verb of this RPC shows its rows, if not with theirs. */
export function viewOf(method: DescMethod, verb = verbOf(method)): Table | undefined {
  return views[procedureOf(method)]?.[verb];
}

/** The verbs that show what the RPC lists in another way. */
export function furtherVerbs(method: DescMethod): string[] {
  return Object.keys(views[procedureOf(method)] ?? {}).filter((verb) => verb !== verbOf(method));
}
