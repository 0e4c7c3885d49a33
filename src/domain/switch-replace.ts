// Moves what is plugged into one switch to another: to a new one that takes the place of a broken one (replace), or to
// one that is there already (migrate).
import { invalid, precondition } from "./errors.ts";
import {
  type Connection,
  type MachineNic,
  type Neighbor,
  type Port,
  portKey,
  type Switch,
  type SwitchNic,
} from "./switch-facts.ts";
import { translatePorts } from "./switch-port.ts";

/** A machine sees another port than before. */
export interface Move {
  readonly machineId: string;
  readonly from: Port & { readonly hostname: string };
  readonly to: Port & { readonly hostname: string };
}

/** What the switch that took over is from now on; it is operational. */
export interface Takeover<N extends SwitchNic> {
  readonly nics: readonly N[];
  readonly connections: readonly Connection<N>[];
  readonly moves: readonly Move[];
}

/**
 * The switch whose cabling a new one has: the only other one in its rack that works and has machines. Throws
 * failed_precondition if there is none or if there are several.
 */
export function findTwin<N extends SwitchNic>(
  replaced: Pick<Switch<N>, "id" | "rackId" | "partitionId">,
  switches: readonly Switch<N>[],
): Switch<N> {
  const twins = switches
    .filter(({ id, mode }) => id !== replaced.id && mode === "operational")
    .filter((one) => one.rackId === replaced.rackId && one.partitionId === replaced.partitionId)
    .filter(({ connections }) => connections.length > 0);
  const [twin] = twins;
  if (twin !== undefined && twins.length === 1) return twin;
  throw precondition(
    `to replace switch "${replaced.id}", rack "${replaced.rackId}" must have one other switch with machines, it has ${twins.length}`,
  );
}

/**
 * What a new switch is that registers in place of `broken`: it has the VRFs and machines of the twin, port by port.
 * Throws failed_precondition if it is elsewhere or lacks ports of the twin.
 */
export function replaceSwitch<N extends SwitchNic>(
  broken: Switch<N>,
  registered: Switch<N>,
  twin: Switch<N>,
): Takeover<N> {
  for (const place of ["partitionId", "rackId"] as const)
    if (registered[place] !== broken[place])
      throw precondition(
        `switch "${broken.id}" can only be replaced in "${broken[place]}", not in "${registered[place]}"`,
      );
  const before = portsByName(broken, twin);
  return { ...inherit(twin, registered), moves: movesOf(twin, registered, { broken, before }) };
}

/**
 * What `target` is when it has all machines of `source`, which has none then. Throws invalid_argument if they are the
 * same, failed_precondition if they are not in the same rack, or the target has machines or lacks ports of the source.
 */
export function migrateSwitch<N extends SwitchNic>(
  source: Switch<N>,
  target: Switch<N>,
): Takeover<N> {
  if (source.id === target.id) throw invalid(`new_switch_id: is "${source.id}", the old one`);
  if (source.partitionId !== target.partitionId || source.rackId !== target.rackId)
    throw precondition(`switch "${target.id}" is not in the rack of switch "${source.id}"`);
  if (target.connections.length > 0)
    throw precondition(`switch "${target.id}" has machines already`);
  const before = portsByName(source, source);
  return {
    ...inherit(source, target),
    moves: movesOf(source, target, { broken: source, before }),
  };
}

/** The ports of a switch by the names that they would have on another. */
function portsByName<N extends SwitchNic>(
  { nics, vendor }: Pick<Switch<N>, "nics" | "vendor">,
  { vendor: to }: Pick<Switch<N>, "vendor">,
): ReadonlyMap<string, N> {
  const names = translatePorts(
    nics.map(({ name }) => name),
    { from: vendor, to },
  );
  return new Map(nics.map((nic) => [names.get(nic.name) ?? nic.name, nic]));
}

/** The ports of the heir with the VRFs of those of the donor, and the machines of the donor at them. */
function inherit<N extends SwitchNic>(
  donor: Switch<N>,
  heir: Switch<N>,
): Omit<Takeover<N>, "moves"> {
  const ports = portsByName(heir, donor);
  const missing = donor.nics.filter(({ name }) => !ports.has(name)).map(({ name }) => name);
  if (missing.length > 0)
    throw precondition(
      `switch "${heir.id}" has no ports ${missing.join(", ")} as switch "${donor.id}" has; check how its ports are broken out`,
    );
  const vrfs = new Map(donor.nics.map(({ name, vrf }) => [ports.get(name), vrf]));
  const nics = new Map(heir.nics.map((nic) => [nic, { ...nic, vrf: vrfs.get(nic) ?? nic.vrf }]));
  const connections = donor.connections.flatMap(({ nic: { name }, machineId }) => {
    const port = ports.get(name);
    const nic = port && nics.get(port);
    return nic === undefined ? [] : [{ nic, machineId }];
  });
  return { nics: [...nics.values()], connections };
}

/** What the machines at the donor's ports saw at the switch that goes, and see at the heir. */
function movesOf<N extends SwitchNic>(
  donor: Switch<N>,
  heir: Switch<N>,
  { broken, before }: { readonly broken: Switch<N>; readonly before: ReadonlyMap<string, N> },
): Move[] {
  const after = portsByName(heir, donor);
  return donor.connections.flatMap(({ nic: { name }, machineId }) => {
    const [from, to] = [before.get(name), after.get(name)];
    if (from === undefined || to === undefined) return [];
    return [
      { machineId, from: { ...from, hostname: broken.name }, to: { ...to, hostname: heir.name } },
    ];
  });
}

/** The interfaces of a machine as they see the ports that it was moved to. */
export function moveNeighbors<B extends Neighbor, M extends MachineNic<B>>(
  nics: readonly M[],
  moves: readonly Omit<Move, "machineId">[],
): M[] {
  const moved = (neighbor: B): B => {
    const move = moves.find(({ from }) => isAt(neighbor, from));
    return move === undefined ? neighbor : { ...neighbor, ...seenAs(move.to, neighbor) };
  };
  return nics.map((nic) => ({ ...nic, neighbors: nic.neighbors.map(moved) }));
}

function isAt(neighbor: Neighbor, { hostname, ...port }: Move["from"]): boolean {
  return (hostname === "" || neighbor.hostname === hostname) && portKey(neighbor) === portKey(port);
}

/** Switches that do not tell the MAC addresses of their ports are seen with the identifier in that place. */
function seenAs({ name, identifier, mac, hostname }: Move["to"], before: Neighbor): Neighbor {
  return {
    name,
    identifier,
    mac: mac === "" ? identifier : mac,
    hostname: hostname === "" ? before.hostname : hostname,
  };
}
