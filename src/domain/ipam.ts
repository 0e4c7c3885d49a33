// Hands out prefixes and addresses, and takes them back. Everything happens on the transaction of the caller, so what is
// handed out, who holds it and how much is in use change together or not at all.
import type { Carved, KeptPrefix } from "../store/pools.ts";
import type { Transaction } from "../store/store.ts";
import {
  type Address,
  addressText,
  contains,
  type Family,
  hostBits,
  type Prefix,
  prefixText,
  rangeOf,
  readPrefix,
  usableRange,
} from "./cidr.ts";
import { counted } from "./entity.ts";
import { alreadyExists, exhausted, invalid, precondition } from "./errors.ts";

/** What is taken from a prefix: addresses, or prefixes of child networks. */
export type Use = "addresses" | "children";

/** Whose prefix it is, and what for. */
export interface Purpose {
  readonly network: string;
  readonly use: Use;
}

/** Adds a prefix that is not carved from another. Throws already_exists if it overlaps one that is there. */
export async function addPrefix(tx: Transaction, prefix: Prefix, purpose: Purpose): Promise<void> {
  const { family } = prefix;
  const other = await tx.prefix.overlapping({ ...rangeOf(prefix), family, parent: "" });
  if (other !== undefined)
    throw alreadyExists(
      `prefix "${prefixText(prefix)}" overlaps "${other.cidr}" of network "${other.network}"`,
    );
  await keep(tx, prefix, { ...purpose, parent: "" });
}

/** Fills the pool of a new prefix. */
async function keep(
  tx: Transaction,
  prefix: Prefix,
  { network, use, parent }: Purpose & { readonly parent: string },
): Promise<void> {
  const cidr = prefixText(prefix);
  const bits = hostBits(prefix);
  const { family } = prefix;
  const quads = use === "children" ? quadsTaken({ bits }, { bits }) : 0n;
  const counts = { addresses: 0, children: 0, quads };
  await tx.prefix.insert({ cidr, family, ...rangeOf(prefix), network, parent, ...counts });
  if (use === "addresses") await tx.freeNumber.give(cidr, usableRange(prefix));
  if (use === "children") await tx.freeBlock.give(cidr, { first: prefix.first, bits });
}

/**
 * Removes a prefix, and gives it back to the one it was carved from. Throws failed_precondition that names what was
 * taken from it and is in use.
 */
export async function removePrefix(tx: Transaction, cidr: string, use: Use): Promise<void> {
  const kept = await keptPrefix(tx, cidr);
  await assertUnused(tx, kept);
  const prefix = readPrefix("prefix", cidr);
  const block = { first: prefix.first, bits: hostBits(prefix) };
  const whole =
    use === "addresses"
      ? await tx.freeNumber.take(cidr, usableRange(prefix))
      : (await tx.freeBlock.take(cidr, block)) !== undefined;
  if (!whole) throw new Error(`prefix "${cidr}" counts nothing in use, and is not free throughout`);
  await tx.prefix.delete(cidr);
  if (kept.parent === "") return;
  const joined = await tx.freeBlock.give(kept.parent, block);
  const parent = await keptPrefix(tx, kept.parent);
  const quads = parent.quads + quadsTaken(joined, block);
  await tx.prefix.update({ ...parent, children: parent.children - 1, quads });
}

async function keptPrefix(tx: Transaction, cidr: string): Promise<KeptPrefix> {
  const kept = await tx.prefix.get(cidr);
  if (kept === undefined) throw new Error(`there is no prefix "${cidr}"`);
  return kept;
}

async function assertUnused(tx: Transaction, kept: KeptPrefix): Promise<void> {
  const { cidr, network, addresses, children } = kept;
  const subject = `prefix "${cidr}" of network "${network}"`;
  if (children > 0) {
    const child = await tx.prefix.overlapping({ ...kept, parent: cidr });
    throw precondition(
      `${subject} is in use by ${counted(["child networks", children])}, "${child?.network}" with "${child?.cidr}" is one`,
    );
  }
  if (addresses > 0) {
    const [ip] = await tx.ip.list({ where: { prefix: cidr }, limit: 1 });
    throw precondition(
      `${subject} is in use by ${counted(["IPs", addresses])}, "${ip?.id}" is one`,
    );
  }
}

/** Prefixes to carve from, in the order in which they are tried. */
export interface Source {
  /** Names the network in errors. */
  readonly network: string;
  readonly prefixes: readonly KeptPrefix[];
  readonly family: Family;
}

/**
 * Carves a prefix for a child network: the start of the tightest free block of the first prefix that has room. Throws
 * invalid_argument if `length` is not longer than that of any prefix, resource_exhausted if none has room.
 */
export async function carve(
  tx: Transaction,
  { network, prefixes, family }: Source,
  child: { readonly network: string; readonly length: number },
): Promise<Prefix> {
  const bits = hostBits({ family, length: child.length });
  const larger = ofFamily(prefixes, family).filter(
    ({ first, last }) => last - first >= 1n << BigInt(bits),
  );
  if (larger.length === 0)
    throw invalid(
      `length: /${child.length} is not within the ${family} prefixes of network "${network}"`,
    );
  for (const parent of larger) {
    const carved = await tx.freeBlock.takeFit(parent.cidr, bits);
    if (carved !== undefined) return keepChild(tx, parent, { ...child, family, carved });
  }
  throw exhausted(`network "${network}" has no room for an ${family} prefix of /${child.length}`);
}

async function keepChild(
  tx: Transaction,
  parent: KeptPrefix,
  child: {
    readonly network: string;
    readonly length: number;
    readonly family: Family;
    readonly carved: Carved;
  },
): Promise<Prefix> {
  const { network, length, family, carved } = child;
  const quads = parent.quads - quadsTaken(carved.from, carved.block);
  await tx.prefix.update({ ...parent, children: parent.children + 1, quads });
  const prefix = { family, first: carved.block.first, length };
  await keep(tx, prefix, { network, use: "addresses", parent: parent.cidr });
  return prefix;
}

/** An address, and the prefix it was taken from. */
export interface Taken {
  readonly address: Address;
  readonly cidr: string;
}

/** Whose addresses to take. */
export interface AddressSource {
  /** Names the network in errors. */
  readonly network: string;
  /** In the order in which they are tried. */
  readonly prefixes: readonly Prefix[];
}

/** Takes the lowest free address of the first prefix of a family that has one. Throws resource_exhausted. */
export async function takeNext(
  tx: Transaction,
  { network, prefixes }: AddressSource,
  family: Family,
): Promise<Taken> {
  for (const cidr of ofFamily(prefixes, family).map(prefixText)) {
    const value = await tx.freeNumber.takeFirst(cidr);
    if (value === undefined) continue;
    await tx.prefix.addAddresses(cidr, 1);
    return { address: { family, value }, cidr };
  }
  throw exhausted(`network "${network}" has no free ${family} address`);
}

/** Takes this address. Throws invalid_argument if it is in none of the prefixes, already_exists if it is not free. */
export async function takeWanted(
  tx: Transaction,
  { network, prefixes }: AddressSource,
  address: Address,
): Promise<Taken> {
  const { value } = address;
  const text = addressText(address);
  const prefix = prefixes.find((each) => contains(each, address));
  if (prefix === undefined) throw invalid(`"${text}" is in no prefix of network "${network}"`);
  const cidr = prefixText(prefix);
  if (!(await tx.freeNumber.take(cidr, { first: value, last: value })))
    throw alreadyExists(notFree(prefix, address));
  await tx.prefix.addAddresses(cidr, 1);
  return { address, cidr };
}

function notFree(prefix: Prefix, address: Address): string {
  const { first, last } = usableRange(prefix);
  const usable = first <= address.value && address.value <= last;
  const text = addressText(address);
  return usable
    ? `"${text}" is taken`
    : `"${text}" stands for prefix "${prefixText(prefix)}" itself`;
}

/** Gives an address back to the prefix it was taken from. */
export async function giveAddress(tx: Transaction, { address, cidr }: Taken): Promise<void> {
  await tx.freeNumber.give(cidr, { first: address.value, last: address.value });
  await tx.prefix.addAddresses(cidr, -1);
}

const ofFamily = <P extends { readonly family: string }>(prefixes: readonly P[], family: Family) =>
  prefixes.filter((prefix) => prefix.family === family);

/** A block of four addresses, the smallest prefix that is counted. */
const quadBits = 2;

/**
 * How many whole blocks of four addresses a free block loses by a part that is taken from it, or wins by that part when
 * it is joined again. However small the part, its block of four is not whole any more.
 */
function quadsTaken(whole: { readonly bits: number }, part: { readonly bits: number }): bigint {
  if (whole.bits < quadBits) return 0n;
  return 1n << BigInt(Math.max(part.bits, quadBits) - quadBits);
}
