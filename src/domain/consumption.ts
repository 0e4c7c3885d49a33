// How much of networks is in use, from the counts that are kept beside their prefixes: nothing is counted on demand.
import { create } from "@bufbuild/protobuf";
import {
  type NetworkConsumption,
  NetworkConsumptionSchema,
  type NetworkUsage,
  NetworkUsageSchema,
} from "../../gen/metal/v1/network_pb.ts";
import type { KeptPrefix, PrefixReader } from "../store/pools.ts";
import { type Family, rangeOf, readPrefix, usableRange } from "./cidr.ts";

/** The largest number that the API has. */
const highest = (1n << 64n) - 1n;

/** The consumption of each network, in the order of their ids. */
export async function consumptionsOf(
  reader: PrefixReader,
  networks: readonly string[],
): Promise<NetworkConsumption[]> {
  const prefixes = networks.length === 0 ? [] : await reader.ofNetworks(networks);
  const byNetwork = Map.groupBy(prefixes, ({ network }) => network);
  return networks.map((id) => consumption(byNetwork.get(id) ?? []));
}

/** What is in use of the prefixes of one network, exactly up to 2^64-1. */
export function consumption(prefixes: readonly KeptPrefix[]): NetworkConsumption {
  return create(NetworkConsumptionSchema, {
    ipv4: usage(prefixes, "IPv4"),
    ipv6: usage(prefixes, "IPv6"),
  });
}

function usage(all: readonly KeptPrefix[], family: Family): NetworkUsage | undefined {
  const prefixes = all.filter((prefix) => prefix.family === family);
  if (prefixes.length === 0) return undefined;
  const sum = (value: (prefix: KeptPrefix) => bigint) => {
    const exact = prefixes.reduce((total, prefix) => total + value(prefix), 0n);
    return exact < highest ? exact : highest;
  };
  return create(NetworkUsageSchema, {
    availableIps: sum((prefix) => count(prefix)),
    usedIps: sum(({ cidr, addresses }) => reserved(cidr) + BigInt(addresses)),
    availablePrefixes: sum(({ quads }) => quads),
    usedPrefixes: sum(({ children }) => BigInt(children)),
  });
}

const count = ({ first, last }: { first: bigint; last: bigint }) => last - first + 1n;

/** The addresses of a prefix that are never handed out. */
function reserved(cidr: string): bigint {
  const prefix = readPrefix("prefix", cidr);
  return count(rangeOf(prefix)) - count(usableRange(prefix));
}
