// Switches as they are shown: what is kept of them, joined with what they reported and with the filters of their ports.
import { create } from "@bufbuild/protobuf";
import type { SwitchStatus } from "../../../gen/metal/store/v1/machine_pb.ts";
import {
  type Switch,
  SwitchBGPFilterSchema,
  type SwitchConnection,
  type SwitchNic,
} from "../../../gen/metal/v1/switch_pb.ts";
import { ascending } from "../../domain/order.ts";
import { portStateNumber, portStateOf } from "../../domain/switch/port-status.ts";
import { bgpFilter } from "../../domain/switch-bgp-filter.ts";
import { portKey } from "../../domain/switch-facts.ts";
import type { Snapshot } from "../../store/store.ts";
import { loadPortWorld, type PortWorld } from "./filter-world.ts";

/** The switches as people and agents see them. */
export async function showSwitches(read: Snapshot, switches: readonly Switch[]): Promise<Switch[]> {
  const world = await loadPortWorld(read, switches);
  const statuses = await Promise.all(switches.map(({ id }) => read.switchStatus.get(id)));
  return switches.map((one, index) => showSwitch(one, statuses[index], world));
}

/** One switch as people and agents see it. */
export async function showOne(read: Snapshot, one: Switch): Promise<Switch> {
  const [shown] = await showSwitches(read, [one]);
  return shown ?? one;
}

function showSwitch(one: Switch, status: SwitchStatus | undefined, world: PortWorld): Switch {
  const machines = new Map(
    one.connections.map(({ nic, machineId }) => [nic && portKey(nic), machineId]),
  );
  const nics = one.nics.map((nic) => {
    const machine = world.machines.get(machines.get(portKey(nic)) ?? "");
    return withFilter(withStatus(nic, status), machine, world);
  });
  const byKey = new Map(nics.map((nic) => [portKey(nic), nic]));
  const connections = one.connections.map((connection) => connectedTo(connection, byKey));
  const { lastSync, lastSyncError } = status ?? {};
  return {
    ...one,
    nics: nics.toSorted((a, b) => ascending(a.name, b.name)),
    connections,
    ...(lastSync && { lastSync }),
    ...(lastSyncError && { lastSyncError }),
  };
}

function withStatus(nic: SwitchNic, status: SwitchStatus | undefined): SwitchNic {
  const actual = portStateNumber(portStateOf(nic, status)?.actual ?? "UNKNOWN");
  const bgpPortState = status?.ports[nic.name]?.bgp;
  return { ...nic, actual, ...(bgpPortState && { bgpPortState }) };
}

function withFilter(
  nic: SwitchNic,
  machine: Parameters<typeof bgpFilter>[0] | undefined,
  world: PortWorld,
): SwitchNic {
  if (machine === undefined) return nic;
  const { cidrs, vnis } = bgpFilter(machine, nic.vrf, world);
  const filter = create(SwitchBGPFilterSchema, { cidrs: [...cidrs], vnis: [...vnis] });
  return { ...nic, bgpFilter: filter };
}

/** The port as it is now. What it accepts stands with the ports. */
function connectedTo(
  connection: SwitchConnection,
  ports: ReadonlyMap<string, SwitchNic>,
): SwitchConnection {
  const { nic: kept } = connection;
  const port = kept && ports.get(portKey(kept));
  if (port === undefined) return connection;
  const { bgpFilter: _, ...nic } = port;
  return { ...connection, nic };
}
