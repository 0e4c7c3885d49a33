// IP addresses and prefixes: strict reading, canonical writing, arithmetic on whole numbers. Both address families are
// the same but for their number of bits.
import { isIPv4, isIPv6 } from "node:net";
import { invalid } from "./errors.ts";

/** The address families as operators write them, IPv4 first: what is given per family has this order. */
export const families = ["IPv4", "IPv6"] as const;
export type Family = (typeof families)[number];

/** The bits of an address. */
export const addressBits: Readonly<Record<Family, number>> = { IPv4: 32, IPv6: 128 };

/** An address as a number, 0 to 2^32-1 or 2^128-1. */
export interface Address {
  readonly family: Family;
  readonly value: bigint;
}

/** A prefix: all addresses whose first `length` bits are those of `first`, whose other bits are 0. */
export interface Prefix {
  readonly family: Family;
  readonly first: bigint;
  readonly length: number;
}

/** Consecutive numbers, both ends included. */
export interface Range {
  readonly first: bigint;
  readonly last: bigint;
}

/**
 * The address that a text stands for; undefined if it is none. IPv4 in four decimal numbers without leading zeros, IPv6
 * as in RFC 4291, section 2.2, without zone.
 */
export function parseAddress(text: string): Address | undefined {
  if (isIPv4(text)) return { family: "IPv4", value: quadValue(text) };
  if (isIPv6(text) && !text.includes("%")) return { family: "IPv6", value: groupsValue(text) };
  return undefined;
}

/** As {@link parseAddress}. Throws invalid_argument that names `field`. */
export function readAddress(field: string, text: string): Address {
  const address = parseAddress(text);
  if (address === undefined) throw invalid(`${field}: "${text}" is no IP address`);
  return address;
}

/** The canonical text: RFC 5952 for IPv6, with the mixed notation of its section 5 for IPv4-mapped addresses. */
export function addressText({ family, value }: Address): string {
  if (family === "IPv4") return quadText(value);
  return value >> 32n === 0xffffn ? `::ffff:${quadText(value & 0xffffffffn)}` : groupsText(value);
}

const prefixForm = /^([^/]+)\/(0|[1-9]\d{0,2})$/;

/**
 * The prefix that a text in CIDR notation stands for. Throws invalid_argument that names `field` if it is none, or has
 * bits set beyond its length: then nobody knows which of the two was meant.
 */
export function readPrefix(field: string, text: string): Prefix {
  const [, addressPart = "", lengthPart = ""] = prefixForm.exec(text) ?? [];
  const address = parseAddress(addressPart);
  const length = Number(lengthPart);
  if (address === undefined || length > addressBits[address.family])
    throw invalid(`${field}: "${text}" is no prefix in CIDR notation`);
  const prefix = prefixAround(address, length);
  if (prefix.first !== address.value)
    throw invalid(
      `${field}: "${text}" has bits set beyond its length, write "${prefixText(prefix)}"`,
    );
  return prefix;
}

/** The prefix of this length that an address is in. */
export function prefixAround({ family, value }: Address, length: number): Prefix {
  const host = BigInt(addressBits[family] - length);
  return { family, first: (value >> host) << host, length };
}

/** "192.0.2.0/24" */
export function prefixText({ family, first, length }: Prefix): string {
  return `${addressText({ family, value: first })}/${length}`;
}

/** The bits in which the addresses of a prefix differ: it has 2 to the power of so many addresses. */
export function hostBits({ family, length }: Pick<Prefix, "family" | "length">): number {
  return addressBits[family] - length;
}

/** All addresses of a prefix. */
export function rangeOf(prefix: Prefix): Range {
  return { first: prefix.first, last: prefix.first + (1n << BigInt(hostBits(prefix))) - 1n };
}

/** Whether an address is in a prefix. */
export function contains(prefix: Prefix, { family, value }: Address): boolean {
  const { first, last } = rangeOf(prefix);
  return prefix.family === family && first <= value && value <= last;
}

/** Whether two prefixes have an address in common; then one of them lies within the other. */
export function overlap(a: Prefix, b: Prefix): boolean {
  const [short, long] = a.length <= b.length ? [a, b] : [b, a];
  return contains(short, { family: long.family, value: long.first });
}

/**
 * The addresses that can be handed out. The first one of a subnet means the subnet itself (IPv4) or any router there
 * (RFC 4291, section 2.6.1), the last one of IPv4 everybody. Two addresses are a link between two ends, which needs
 * neither (RFC 3021, RFC 6164), and one address is a host.
 */
export function usableRange(prefix: Prefix): Range {
  const { first, last } = rangeOf(prefix);
  if (hostBits(prefix) < 2) return { first, last };
  return { first: first + 1n, last: prefix.family === "IPv4" ? last - 1n : last };
}

function quadValue(text: string): bigint {
  return text.split(".").reduce((value, part) => (value << 8n) | BigInt(part), 0n);
}

function quadText(value: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => `${(value >> shift) & 0xffn}`).join(".");
}

const groupCount = 8;

function groupsValue(text: string): bigint {
  const [head = [], tail = []] = text.split("::").map(groupsOf);
  const gap = Array<bigint>(groupCount - head.length - tail.length).fill(0n);
  return [...head, ...gap, ...tail].reduce((value, group) => (value << 16n) | group, 0n);
}

/** The groups of a part; an IPv4 address at its end is two. */
function groupsOf(part: string): bigint[] {
  if (part === "") return [];
  return part.split(":").flatMap((group) => {
    if (!group.includes(".")) return [BigInt(`0x${group}`)];
    const value = quadValue(group);
    return [value >> 16n, value & 0xffffn];
  });
}

function groupsText(value: bigint): string {
  const text = value.toString(16).padStart(groupCount * 4, "0");
  const groups = (text.match(/.{4}/g) ?? []).map((group) => group.replace(/^0{1,3}/, ""));
  const [start, length] = longestZeros(groups);
  if (length < 2) return groups.join(":");
  return `${groups.slice(0, start).join(":")}::${groups.slice(start + length).join(":")}`;
}

/** Where the longest run of zeros is and how long; the first one of several. */
function longestZeros(groups: readonly string[]): readonly [start: number, length: number] {
  const runs = groups.map((_, start) => {
    const end = groups.findIndex((group, index) => index >= start && group !== "0");
    return [start, (end === -1 ? groups.length : end) - start] as const;
  });
  return runs.reduce((best, run) => (run[1] > best[1] ? run : best), [0, 0] as const);
}
