// Which ports of which switches a machine is plugged into. Each machine has two switches in its rack, and the same ports
// of both, so that one of them can fail or be exchanged.
import { precondition } from "./errors.ts";
import { ascending } from "./order.ts";
import {
  type Connection,
  type MachineNic,
  portKey,
  type Switch,
  type SwitchNic,
} from "./switch-facts.ts";
import { translatePorts } from "./switch-port.ts";

/** A machine that registers. */
export interface Registrant {
  readonly id: string;
  readonly nics: readonly MachineNic[];
}

/** What is plugged into one switch. */
export interface SwitchConnections<N extends SwitchNic> {
  readonly switch: Switch<N>;
  /** Those of the machine; they take the place of all that it had before on this switch. */
  readonly connections: readonly Connection<N>[];
}

/** Where a machine turns out to be. */
export interface Location<N extends SwitchNic> {
  readonly rackId: string;
  readonly partitionId: string;
  readonly both: readonly [SwitchConnections<N>, SwitchConnections<N>];
}

/** Finds the machine among all switches of its partition. Throws failed_precondition that says how it is plugged wrong. */
export function connectMachine<N extends SwitchNic>(
  machine: Registrant,
  switches: readonly Switch<N>[],
): Location<N> {
  const seen = switches
    .map((one) => ({ switch: one, connections: connectionsTo(one, machine) }))
    .toSorted((a, b) => ascending(a.switch.id, b.switch.id));
  assertNotMoved(machine, seen);
  const [one, other, ...others] = seen.filter(({ connections }) => connections.length > 0);
  if (one === undefined || other === undefined || others.length > 0)
    throw precondition(`machine "${machine.id}" must be plugged into two switches, ${found(seen)}`);
  for (const check of checks) {
    const reason = check(one, other);
    if (reason !== undefined) throw precondition(`machine "${machine.id}": ${reason}`);
  }
  const { rackId, partitionId } = one.switch;
  return { rackId, partitionId, both: [one, other] };
}

/** Only what a machine sees at a host of the switch's name is a port of it; identifiers repeat from switch to switch. */
function connectionsTo<N extends SwitchNic>(
  { name, nics }: Switch<N>,
  { id, nics: machineNics }: Registrant,
): Connection<N>[] {
  const neighbors = machineNics
    .flatMap((nic) => nic.neighbors)
    .filter(({ hostname }) => name === "" || hostname === name);
  const keys = new Set(neighbors.map(portKey).filter((key) => key !== ""));
  return nics.filter((nic) => keys.has(portKey(nic))).map((nic) => ({ nic, machineId: id }));
}

function assertNotMoved<N extends SwitchNic>(
  { id }: Registrant,
  seen: readonly SwitchConnections<N>[],
): void {
  const left = seen.filter(
    (one) => one.connections.length === 0 && one.switch.connections.some((c) => c.machineId === id),
  );
  if (left.length > 0)
    throw precondition(
      `machine "${id}" is not plugged into ${quoted(left)} any more; delete it to register it elsewhere`,
    );
}

function found<N extends SwitchNic>(seen: readonly SwitchConnections<N>[]): string {
  const plugged = seen.filter(({ connections }) => connections.length > 0);
  return plugged.length === 0 ? "it is in none" : `it is in ${plugged.length}: ${quoted(plugged)}`;
}

function quoted<N extends SwitchNic>(seen: readonly SwitchConnections<N>[]): string {
  return seen.map((one) => `"${one.switch.id}"`).join(", ");
}

/** Each answers what is wrong with two switches, or undefined. */
const checks: readonly (<N extends SwitchNic>(
  one: SwitchConnections<N>,
  other: SwitchConnections<N>,
) => string | undefined)[] = [
  (one, other) =>
    one.switch.rackId === other.switch.rackId
      ? undefined
      : `switch "${one.switch.id}" is in rack "${one.switch.rackId}", "${other.switch.id}" in "${other.switch.rackId}"`,
  (one, other) =>
    one.connections.length === other.connections.length
      ? undefined
      : `${portsOf(one)} and ${portsOf(other)}: must be as many on both`,
  (one, other) => {
    const names = new Set(other.connections.map(({ nic }) => nic.name));
    const unmatched = namesOn(other, one).filter((name) => !names.has(name));
    return unmatched.length === 0
      ? undefined
      : `${portsOf(one)} and ${portsOf(other)}: must be the same`;
  },
  (one, other) => sharedPort(one) ?? sharedPort(other),
];

/** The ports of one switch by the names that they would have on another. */
function namesOn<N extends SwitchNic>(
  target: SwitchConnections<N>,
  { switch: { vendor, nics }, connections }: SwitchConnections<N>,
): string[] {
  const all = nics.map(({ name }) => name);
  const names = translatePorts(all, { from: vendor, to: target.switch.vendor });
  return connections.map(({ nic }) => names.get(nic.name) ?? nic.name);
}

function portsOf<N extends SwitchNic>({
  switch: { id },
  connections,
}: SwitchConnections<N>): string {
  return `ports ${connections.map(({ nic }) => nic.name).join(", ")} of switch "${id}"`;
}

/** A port that another machine is recorded at already: it was unplugged, but not deleted. */
function sharedPort<N extends SwitchNic>(seen: SwitchConnections<N>): string | undefined {
  const ports = new Map(seen.connections.map((one) => [portKey(one.nic), one.machineId]));
  const other = seen.switch.connections.find(({ nic, machineId }) => {
    const here = ports.get(portKey(nic));
    return here !== undefined && here !== machineId;
  });
  if (other === undefined) return undefined;
  return `port ${other.nic.name} of switch "${seen.switch.id}" is that of machine "${other.machineId}"`;
}
