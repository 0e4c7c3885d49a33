// Whether what a store has handed out and what is free add up to everything there is: nothing lost, nothing held twice.
import type { IP } from "../../gen/metal/v1/ip_pb.ts";
import type { Network } from "../../gen/metal/v1/network_pb.ts";
import {
  type Address,
  parseAddress,
  type Range,
  rangeOf,
  readPrefix,
  usableRange,
} from "../../src/domain/cidr.ts";
import { every } from "../../src/domain/every.ts";
import { ipTally } from "../../src/domain/ip.ts";
import { useOf } from "../../src/domain/network.ts";
import { vrfPool } from "../../src/domain/vrf.ts";
import type { Block, KeptPrefix, NumberRange } from "../../src/store/pools.ts";
import type { Snapshot, Store } from "../../src/store/store.ts";

/** All that there is to count. */
interface Ledger {
  readonly read: Snapshot;
  readonly networks: readonly Network[];
  readonly ips: readonly IP[];
  readonly prefixes: readonly KeptPrefix[];
}

/** What does not add up; nothing if all is well. */
export async function faultsOf({ read }: Pick<Store, "read">): Promise<string[]> {
  const networks = await Array.fromAsync(every(read.network, "network"));
  const ips = await Array.fromAsync(every(read.ip, "ip"));
  const lists = networks.map(({ id }) => read.prefix.ofNetworks([id]));
  const prefixes = (await Promise.all(lists)).flat();
  const ledger = { read, networks, ips, prefixes };
  const faults = await Promise.all([
    ...networks.flatMap((network) =>
      network.prefixes.map((cidr) => ofPrefix(ledger, network, cidr)),
    ),
    ofVrfs(ledger),
    ofProjects(ledger),
  ]);
  return [...faults.flat(), ...ofTopLevel(ledger)];
}

async function ofPrefix(ledger: Ledger, network: Network, cidr: string): Promise<string[]> {
  const kept = ledger.prefixes.find((prefix) => prefix.cidr === cidr);
  if (kept?.network !== network.id) return [`"${cidr}" is not kept for network "${network.id}"`];
  return useOf(network) === "addresses" ? ofAddresses(ledger, kept) : ofChildren(ledger, kept);
}

async function ofAddresses({ read, ips }: Ledger, kept: KeptPrefix): Promise<string[]> {
  const { cidr, addresses } = kept;
  const held = ips.filter((ip) => ip.networkPrefix === cidr).map(({ id }) => numberOf(id));
  const free = await allOf((after) => read.freeNumber.list(cidr, { after, limit: 1000 }));
  const whole = usableRange(readPrefix("prefix", cidr));
  return [
    ...tiling(cidr, whole, [...free, ...held.map((value) => ({ first: value, last: value }))]),
    ...differing(`addresses of "${cidr}"`, addresses, held.length),
  ];
}

async function ofChildren({ read, prefixes }: Ledger, kept: KeptPrefix): Promise<string[]> {
  const { cidr, children, quads } = kept;
  const carved = prefixes.filter(({ parent }) => parent === cidr);
  const free = await allOf((after) => read.freeBlock.list(cidr, { after, limit: 1000 }));
  const whole = free.filter(({ bits }) => bits >= 2);
  return [
    ...tiling(cidr, rangeOf(readPrefix("prefix", cidr)), [...free.map(rangeOfBlock), ...carved]),
    ...differing(`children of "${cidr}"`, children, carved.length),
    ...differing(
      `quads of "${cidr}"`,
      quads,
      whole.reduce((sum, { bits }) => sum + (1n << BigInt(bits - 2)), 0n),
    ),
  ];
}

function ofTopLevel({ prefixes, networks }: Ledger): string[] {
  const top = prefixes.filter(({ parent }) => parent === "");
  const stray = prefixes.filter(
    ({ cidr, network }) =>
      !networks.some(({ id, prefixes: own }) => id === network && own.includes(cidr)),
  );
  const families = Map.groupBy(top, ({ family }) => family);
  const overlaps = [...families.values()].flatMap((ranges) => overlapsOf("top level", ranges));
  return [...overlaps, ...stray.map(({ cidr }) => `"${cidr}" is kept for nobody`)];
}

async function ofVrfs({ read, networks }: Ledger): Promise<string[]> {
  const used = new Set(networks.map(({ vrf }) => BigInt(vrf)).filter((vrf) => vrf !== 0n));
  const free = await allOf((after) => read.freeNumber.list(vrfPool, { after, limit: 1000 }));
  const held = Array.from(used, (vrf) => ({ first: vrf, last: vrf }));
  return tiling(vrfPool, { first: 1n, last: 16_777_214n }, [...free, ...held]);
}

async function ofProjects({ read, ips }: Ledger): Promise<string[]> {
  const projects = await Array.fromAsync(every(read.project, "project"));
  const faults = projects.map(async ({ meta }) => {
    const id = meta?.id ?? "";
    const held = ips.filter(({ projectId }) => projectId === id).length;
    return differing(`IPs of project "${id}"`, await read.tally.get(ipTally(id)), held);
  });
  return (await Promise.all(faults)).flat();
}

/** Reads all pages. */
async function allOf<T extends { readonly first: bigint }>(
  page: (after: bigint) => Promise<T[]>,
): Promise<T[]> {
  const all: T[] = [];
  for (let last: T | undefined; ; ) {
    const next = await page(last?.first ?? -1n);
    all.push(...next);
    last = next.at(-1);
    if (last === undefined) return all;
  }
}

/** Whether parts fill the whole: each number of it is in exactly one. */
function tiling(name: string, whole: Range, parts: readonly NumberRange[]): string[] {
  const sum = parts.reduce((total, { first, last }) => total + last - first + 1n, 0n);
  const outside = parts.filter(({ first, last }) => first < whole.first || last > whole.last);
  return [
    ...overlapsOf(name, parts),
    ...outside.map(({ first }) => `${first} is not of "${name}"`),
    ...differing(`numbers of "${name}"`, sum, whole.last - whole.first + 1n),
  ];
}

function overlapsOf(name: string, ranges: readonly NumberRange[]): string[] {
  const sorted = [...ranges].sort((a, b) => (a.first < b.first ? -1 : 1));
  return sorted
    .filter(({ first }, index) => first <= (sorted[index - 1]?.last ?? -1n))
    .map(({ first }) => `${first} is there twice in "${name}"`);
}

const differing = (what: string, counted: bigint | number, real: bigint | number) =>
  counted === real ? [] : [`${what}: ${counted} are counted, ${real} there`];

const rangeOfBlock = ({ first, bits }: Block): NumberRange => ({
  first,
  last: first + (1n << BigInt(bits)) - 1n,
});

const numberOf = (text: string): bigint => (parseAddress(text) as Address).value;
