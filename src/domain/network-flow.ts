// Creates, allocates, changes and removes networks: entity, VRF and prefixes together, on one transaction.
import { randomUUID } from "node:crypto";
import type { Network } from "../../gen/metal/v1/network_pb.ts";
import { NetworkType } from "../../gen/metal/v1/network_pb.ts";
import type { Transaction } from "../store/store.ts";
import { prefixText, readPrefix } from "./cidr.ts";
import { assertExist, insert, remove } from "./entity.ts";
import { alreadyExists, invalid, precondition } from "./errors.ts";
import { addPrefix, carve, removePrefix } from "./ipam.ts";
import {
  assertNetwork,
  assertType,
  childLengths,
  kindOf,
  prefixesOf,
  settle,
  useOf,
  type Wish,
} from "./network.ts";
import { assertWithin } from "./quota.ts";
import { giveVrf, nextVrf, takeVrf } from "./vrf.ts";

/** Makes a network ready to be created. Throws invalid_argument if it breaks a rule. */
export function prepareNetwork(network: Network): void {
  if (network.parentNetworkId !== "")
    throw invalid("network.parent_network_id: a child network is allocated, not created");
  const { networkType, natType } = network;
  settle(network);
  assertNetwork(network);
  assertType(networkType, natType, network);
}

/**
 * Keeps a network that was prepared. Throws failed_precondition if partition or project does not exist, already_exists
 * if the id, a prefix, the VRF or the place in the partition is taken.
 */
export async function createNetwork(tx: Transaction, network: Network): Promise<Network> {
  const { partitionId, projectId, vrf, vrfShared: shared = false } = network;
  if (partitionId !== "") await assertExist(tx, [["partition", partitionId]]);
  if (projectId !== "") await assertExist(tx, [["project", projectId]]);
  await assertOnly(tx, network);
  if (vrf !== 0) await takeVrf(tx, { vrf, shared });
  const created = await insert(tx.network, "network", network);
  const purpose = { network: created.id, use: useOf(created) };
  for (const prefix of prefixesOf(created)) await addPrefix(tx, prefix, purpose);
  return created;
}

const onlyOne: ReadonlySet<NetworkType> = new Set([NetworkType.SUPER, NetworkType.UNDERLAY]);

/** A partition has at most one super network and one underlay. */
async function assertOnly(tx: Transaction, network: Network): Promise<void> {
  const { partitionId: partition, networkType, id } = network;
  if (!onlyOne.has(networkType) || partition === "") return;
  const where = { partition, type: `${networkType}` };
  const [other] = await tx.network.list({ where, limit: 1 });
  if (other === undefined || other.id === id) return;
  const called = kindOf(network) === "super" ? "a super network" : "an underlay";
  throw alreadyExists(`partition "${partition}" has ${called} already, "${other.id}"`);
}

/** Makes a request for a child network ready. Throws invalid_argument if it breaks a rule. */
export function prepareChild(network: Network): void {
  assertNetwork(network, "request");
  if (network.partitionId === "" && network.parentNetworkId === "")
    throw invalid("network.partition_id: is needed, or network.parent_network_id");
  network.destinationPrefixes = network.destinationPrefixes.map((text) =>
    prefixText(readPrefix("network.destination_prefixes", text)),
  );
}

/**
 * Carves a child network. Throws failed_precondition if there is nothing to carve it from, resource_exhausted if there is
 * no room, no VRF or no quota left.
 */
export async function allocateNetwork(
  tx: Transaction,
  request: Network,
  wish: Wish,
): Promise<Network> {
  await assertQuota(tx, request.projectId);
  const parent = await superOf(tx, request);
  const child = { ...request, id: randomUUID(), parentNetworkId: parent.id };
  child.partitionId = parent.partitionId;
  child.prefixes = await carveAll(tx, { parent, child: child.id, wish });
  child.vrf = await nextVrf(tx);
  settle(child);
  assertNetwork(child);
  return insert(tx.network, "network", child);
}

async function assertQuota(tx: Transaction, id: string): Promise<void> {
  const project = await tx.project.get(id);
  if (project === undefined) throw precondition(`there is no project "${id}"`);
  const quota = project.quotas?.network;
  if (quota?.quota === undefined) return;
  assertWithin(quota, await tx.network.count({ project: id }), `networks of project "${id}"`);
}

/** The super network that a child is carved from: the one it names, or that of its partition. */
async function superOf(tx: Transaction, request: Network): Promise<Network> {
  const { partitionId, parentNetworkId, projectId } = request;
  if (partitionId !== "") await assertExist(tx, [["partition", partitionId]]);
  const parent =
    parentNetworkId === ""
      ? await superIn(tx, partitionId)
      : await superNamed(tx, parentNetworkId, partitionId);
  if (parent.projectId !== "" && parent.projectId !== projectId)
    throw precondition(`super network "${parent.id}" is for project "${parent.projectId}" only`);
  return parent;
}

async function superIn(tx: Transaction, partition: string): Promise<Network> {
  const where = { partition, type: `${NetworkType.SUPER}` };
  const [parent] = await tx.network.list({ where, limit: 1 });
  if (parent === undefined) throw precondition(`partition "${partition}" has no super network`);
  return parent;
}

async function superNamed(tx: Transaction, id: string, partition: string): Promise<Network> {
  const parent = await tx.network.get(id);
  if (parent === undefined) throw precondition(`there is no network "${id}"`);
  if (kindOf(parent) !== "super") throw precondition(`network "${id}" is no super network`);
  if (partition !== "" && parent.partitionId !== partition)
    throw precondition(`super network "${id}" is not in partition "${partition}"`);
  return parent;
}

async function carveAll(
  tx: Transaction,
  {
    parent,
    child,
    wish,
  }: { readonly parent: Network; readonly child: string; readonly wish: Wish },
): Promise<string[]> {
  const carved: string[] = [];
  for (const [family, length] of childLengths(parent, wish)) {
    const prefixes = await keptPrefixes(tx, parent);
    const source = { network: parent.id, prefixes, family };
    carved.push(prefixText(await carve(tx, source, { network: child, length })));
  }
  return carved;
}

/** What is kept of the prefixes of a network, in its order. */
async function keptPrefixes(tx: Transaction, network: Network) {
  const kept = await tx.prefix.ofNetworks([network.id]);
  const byText = new Map(kept.map((prefix) => [prefix.cidr, prefix]));
  return network.prefixes.flatMap((cidr) => byText.get(cidr) ?? []);
}

/**
 * Removes and adds prefixes so that those kept are those of `after`. Throws failed_precondition if one to remove is in
 * use, already_exists if one to add overlaps another.
 */
export async function changePrefixes(
  tx: Transaction,
  before: readonly string[],
  after: Network,
): Promise<void> {
  const use = useOf(after);
  const removed = before.filter((cidr) => !after.prefixes.includes(cidr));
  for (const cidr of removed) await removePrefix(tx, cidr, use);
  const added = after.prefixes.filter((cidr) => !before.includes(cidr));
  for (const cidr of added)
    await addPrefix(tx, readPrefix("network.prefixes", cidr), { network: after.id, use });
}

/** Removes a network and gives back what it had. Throws failed_precondition while something of it is in use. */
export async function removeNetwork(tx: Transaction, network: Network): Promise<Network> {
  const { id, vrf } = network;
  const machines = tx.machine.count({ network: id });
  const removed = await remove(tx.network, "network", { id, dependants: [["machines", machines]] });
  for (const cidr of network.prefixes) await removePrefix(tx, cidr, useOf(network));
  await giveVrf(tx, vrf);
  return removed;
}
