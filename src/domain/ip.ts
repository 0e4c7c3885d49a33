// IPs: addresses that projects hold. Allocates and frees them together with the address and the count of the project,
// on one transaction.
import { randomUUID } from "node:crypto";
import { type IP, IpType } from "../../gen/metal/v1/ip_pb.ts";
import type { Network } from "../../gen/metal/v1/network_pb.ts";
import type { Project } from "../../gen/metal/v1/project_pb.ts";
import { machineTagKey } from "../store/entities.ts";
import type { Transaction } from "../store/store.ts";
import { type Address, addressText, type Family, readAddress } from "./cidr.ts";
import { assertSame, insert, remove } from "./entity.ts";
import { invalid, precondition } from "./errors.ts";
import { giveAddress, takeNext, takeWanted } from "./ipam.ts";
import { familiesOf, kindOf, prefixesOf } from "./network.ts";
import { assertWithin } from "./quota.ts";

/** The tag that says that a machine has an IP. */
export function machineTag(machineId: string): string {
  return `${machineTagKey}=${machineId}`;
}

/** The machines that have an IP, by their tags. A tag that names none counts as one, with an empty id. */
export function machinesOf({ tags }: IP): string[] {
  return tags
    .filter((tag) => tag === machineTagKey || tag.startsWith(`${machineTagKey}=`))
    .map((tag) => tag.slice(machineTagKey.length + 1));
}

/** The name of the tally of a project's IPs. */
export function ipTally(projectId: string): string {
  return `ip of project ${projectId}`;
}

/** Gives every value its canonical form and fills in what an IP always has. */
export function settleIp(ip: IP): void {
  ip.tags = [...new Set(ip.tags)].sort();
  ip.type ||= IpType.EPHEMERAL;
}

/** Throws failed_precondition or invalid_argument if a change is none that an IP can undergo. */
export function assertIpChange(before: IP, after: IP): void {
  assertSame("ip.network_id", before.networkId, after.networkId);
  assertSame("ip.project_id", before.projectId, after.projectId);
  if (before.type === IpType.STATIC && after.type !== IpType.STATIC)
    throw precondition(`IP "${before.id}" is static and never becomes ephemeral`);
}

/** Which address to allocate: a wanted one, or the next of a family. */
export interface IpWish {
  readonly wanted: Address | undefined;
  readonly family: Family | undefined;
}

/** Throws failed_precondition unless users may allocate addresses of a network for a project. */
export function assertForUsers(network: Network, projectId: string): void {
  const kind = kindOf(network);
  if (kind === "super")
    throw precondition(`network "${network.id}" is a super network: allocate a child of it`);
  if (kind === "underlay")
    throw precondition(`network "${network.id}" is an underlay: its addresses are for firewalls`);
  if (kind === "child" && !network.shared && network.projectId !== projectId)
    throw precondition(`network "${network.id}" belongs to project "${network.projectId}"`);
}

/**
 * Takes an address of `network` for `project` and keeps `ip` under it. Throws invalid_argument if the network has no such
 * address, already_exists if the wanted one is taken, resource_exhausted if none is free or the quota is used up.
 */
export async function allocateIp(
  tx: Transaction,
  ip: IP,
  { network, project, wish }: { network: Network; project: Project; wish: IpWish },
): Promise<IP> {
  const source = { network: network.id, prefixes: prefixesOf(network) };
  const { address, cidr } =
    wish.wanted === undefined
      ? await takeNext(tx, source, chooseFamily(network, wish.family))
      : await takeWanted(tx, source, wish.wanted);
  ip.id = addressText(address);
  ip.networkPrefix = cidr;
  ip.allocationUuid = randomUUID();
  const [, kept] = await Promise.all([countIp(tx, project), insert(tx.ip, "ip", ip)]);
  return kept;
}

/** The family of the next address: the one asked for, the only one, or IPv4. */
function chooseFamily(network: Network, asked: Family | undefined): Family {
  const [first = "IPv4", ...others] = familiesOf(network);
  if (asked === undefined || asked === first || others.includes(asked)) return asked ?? first;
  throw invalid(`address_family: network "${network.id}" has no ${asked} prefix`);
}

async function countIp(tx: Transaction, { meta, quotas }: Project): Promise<void> {
  const id = meta?.id ?? "";
  const count = await tx.tally.add(ipTally(id), 1);
  assertWithin(quotas?.ip, count - 1, `IPs of project "${id}"`);
}

/** Frees an IP and returns what it was. Throws failed_precondition while a machine has it. */
export async function freeIp(tx: Transaction, ip: IP): Promise<IP> {
  const { id, projectId, networkPrefix } = ip;
  const [machine] = machinesOf(ip);
  if (machine !== undefined) throw precondition(`IP "${id}" is in use by machine "${machine}"`);
  const freed = await remove(tx.ip, "ip", { id, dependants: [] });
  await giveAddress(tx, { address: readAddress("ip", id), cidr: networkPrefix });
  await tx.tally.add(ipTally(projectId), -1);
  return freed;
}
