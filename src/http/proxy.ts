// Proxies in front of this server, whose word about where a call comes from is taken. Nobody else's is.
import { BlockList, isIP } from "node:net";
import { plainAddress } from "./source.ts";

/** A network in CIDR notation, or one address. */
export interface Network {
  readonly address: string;
  readonly prefix: number;
}

/** The proxies of this server. */
export interface Proxies {
  readonly has: (address: string) => boolean;
  /**
   * Where a call comes from that `address` hands on with this X-Forwarded-For: the last entry that no proxy of ours
   * made. Undefined if `address` is none of them, or the header says nothing that can be relied on.
   */
  readonly originOf: (address: string, forwardedFor: string | undefined) => string | undefined;
}

const addressBits = { 4: 32, 6: 128 } as const;

/** "10.0.0.0/8", "fd00::/8" or a plain address; undefined for what is none. */
export function parseNetwork(text: string): Network | undefined {
  const [address = "", digits, ...more] = text.split("/");
  const version = isIP(address);
  if ((version !== 4 && version !== 6) || more.length > 0) return undefined;
  const bits = addressBits[version];
  const prefix =
    digits === undefined ? bits : Number(/^\d{1,3}$/.test(digits) ? digits : Number.NaN);
  return prefix <= bits ? { address, prefix } : undefined;
}

/** Proxies in these networks. */
export function createProxies(networks: readonly Network[]): Proxies {
  const list = new BlockList();
  for (const { address, prefix } of networks) list.addSubnet(address, prefix, familyOf(address));
  const has = (address: string) =>
    networks.length > 0 && isIP(address) !== 0 && list.check(address, familyOf(address));
  return {
    has,
    originOf(address, forwardedFor = "") {
      if (!has(address)) return undefined;
      const entries = forwardedFor.split(",").map((entry) => plainAddress(entry.trim()));
      const origin = entries.findLast((entry) => !has(entry));
      return origin !== undefined && isIP(origin) !== 0 ? origin : undefined;
    },
  };
}

const familyOf = (address: string) => (isIP(address) === 6 ? "ipv6" : "ipv4");
