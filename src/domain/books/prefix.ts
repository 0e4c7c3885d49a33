// The books of prefixes and addresses: what networks have is kept for them, what is taken from a prefix and what is free
// of it are the whole, and what is counted is there.
import type { Network } from "../../../gen/metal/v1/network_pb.ts";
import type { Block, KeptPrefix, NumberRange } from "../../store/pools.ts";
import type { Snapshot } from "../../store/store.ts";
import {
  addressBits,
  type Address,
  families,
  parseAddress,
  rangeOf,
  readPrefix,
  usableRange,
} from "../cidr.ts";
import { every } from "../every.ts";
import { useOf } from "../network.ts";
import { type Check, checkOfEach, type Unit } from "./check.ts";
import { allOf, countFaults, single, tilingFaults } from "./tiling.ts";

/** The checks of prefixes. */
export const prefixChecks: readonly Check[] = [
  checkOfEach("prefixes", "network", ofNetwork),
  { name: "prefixes", units: strays },
];

async function ofNetwork(read: Snapshot, network: Network): Promise<string[]> {
  const kept = new Map((await read.prefix.ofNetworks([network.id])).map((one) => [one.cidr, one]));
  const faults: string[] = [];
  for (const cidr of network.prefixes) {
    const prefix = kept.get(cidr);
    faults.push(
      ...(prefix === undefined
        ? [`"${cidr}" is not kept for it`]
        : await ofPrefix(read, network, prefix)),
    );
  }
  return faults;
}

async function ofPrefix(read: Snapshot, network: Network, kept: KeptPrefix): Promise<string[]> {
  const { cidr, parent } = kept;
  const other = await read.prefix.overlapping(kept);
  const isOrphan = parent !== "" && (await read.prefix.get(parent)) === undefined;
  const use = useOf(network) === "addresses" ? ofAddresses : ofChildren;
  return [
    ...(other?.cidr === cidr ? [] : [`overlaps "${other?.cidr}" of network "${other?.network}"`]),
    ...(isOrphan ? [`was carved from "${parent}", which is gone`] : []),
    ...(await use(read, kept)),
  ].map((fault) => `"${cidr}": ${fault}`);
}

async function ofAddresses(read: Snapshot, { cidr, addresses }: KeptPrefix): Promise<string[]> {
  const held: NumberRange[] = [];
  for await (const { id } of every(read.ip, "ip", { where: { prefix: cidr } }))
    held.push(single((parseAddress(id) as Address).value));
  const free = await allOf((page) => read.freeNumber.list(cidr, page));
  return [
    ...tilingFaults(usableRange(readPrefix("prefix", cidr)), [...free, ...held]),
    ...countFaults("addresses counted", addresses, held.length),
  ];
}

async function ofChildren(read: Snapshot, kept: KeptPrefix): Promise<string[]> {
  const { cidr, family, children, quads } = kept;
  const whole = rangeOf(readPrefix("prefix", cidr));
  const carved = await Array.fromAsync(keptWithin(read, { family, parent: cidr, ...whole }));
  const free = await allOf((page) => read.freeBlock.list(cidr, page));
  const freeQuads = free.reduce(
    (sum, { bits }) => sum + (bits < 2 ? 0n : 1n << BigInt(bits - 2)),
    0n,
  );
  return [
    ...tilingFaults(whole, [...free.map(rangeOfBlock), ...carved]),
    ...countFaults("child prefixes counted", children, carved.length),
    ...countFaults("free blocks of four counted", quads, freeQuads),
  ];
}

const rangeOfBlock = ({ first, bits }: Block): NumberRange => ({
  first,
  last: first + (1n << BigInt(bits)) - 1n,
});

type Stretch = Parameters<Snapshot["prefix"]["overlapping"]>[0];

/** All prefixes of a stretch that do not overlap, in any order. */
async function* keptWithin(read: Snapshot, stretch: Stretch): AsyncGenerator<KeptPrefix> {
  const open = [stretch];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { first, last } = next;
    const kept = first > last ? undefined : await read.prefix.overlapping(next);
    if (kept === undefined) continue;
    yield kept;
    open.push({ ...next, last: kept.first - 1n }, { ...next, first: kept.last + 1n });
  }
}

/** What is kept for networks that do not have it, or are gone. */
async function* strays(read: Snapshot): AsyncGenerator<Unit> {
  for (const family of families) {
    const all = { family, parent: "", first: 0n, last: (1n << BigInt(addressBits[family])) - 1n };
    for await (const top of keptWithin(read, all)) {
      yield strayUnit(top);
      const within = { family, parent: top.cidr, first: top.first, last: top.last };
      for await (const child of keptWithin(read, within)) yield strayUnit(child);
    }
  }
}

function strayUnit({ cidr }: KeptPrefix): Unit {
  return {
    subject: `prefix "${cidr}"`,
    async faults(read) {
      const kept = await read.prefix.get(cidr);
      const network = kept && (await read.network.get(kept.network));
      if (kept === undefined || network?.prefixes.includes(cidr)) return [];
      return [`is kept for network "${kept.network}", which does not have it`];
    },
  };
}
