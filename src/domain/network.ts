// The kinds of networks and their rules. What kind a network is follows from its own fields; what a kind must and must
// not have is a table.
import {
  type Network,
  NatType,
  NetworkSchema,
  NetworkType,
} from "../../gen/metal/v1/network_pb.ts";
import {
  addressBits,
  families,
  type Family,
  overlap,
  type Prefix,
  prefixText,
  readPrefix,
} from "./cidr.ts";
import { assertSame } from "./entity.ts";
import { invalid, precondition } from "./errors.ts";
import { type PerFamily, readLengths } from "./family.ts";
import type { Use } from "./ipam.ts";

/** What a network is, or a request for one. */
export type NetworkKind = "external" | "underlay" | "super" | "child" | "request";

type Field = keyof typeof NetworkSchema.field;

interface Form {
  readonly called: string;
  readonly required: readonly Field[];
  readonly forbidden: readonly Field[];
}

const ofSuper = [
  "defaultChildPrefixLength",
  "minChildPrefixLength",
  "additionalAnnouncableCidrs",
] as const satisfies readonly Field[];
const ofChild = ["parentNetworkId", "shared"] as const satisfies readonly Field[];

const forms: Readonly<Record<NetworkKind, Form>> = {
  external: {
    called: "an external network",
    required: ["prefixes"],
    forbidden: [...ofSuper, ...ofChild],
  },
  underlay: {
    called: "an underlay",
    required: ["prefixes", "partitionId"],
    forbidden: [...ofSuper, ...ofChild, "nat", "privateSuper", "projectId"],
  },
  super: {
    called: "a super network",
    required: ["prefixes", "defaultChildPrefixLength"],
    forbidden: [...ofChild, "nat", "underlay"],
  },
  child: {
    called: "a child network",
    required: ["prefixes", "projectId", "parentNetworkId"],
    forbidden: [...ofSuper, "privateSuper", "underlay", "vrfShared"],
  },
  request: {
    called: "a child network to allocate",
    required: ["projectId"],
    forbidden: [...ofSuper, "id", "prefixes", "vrf", "vrfShared", "privateSuper", "underlay"],
  },
};

/** What never changes. */
const fixed = [
  "partitionId",
  "projectId",
  "parentNetworkId",
  "vrf",
  "vrfShared",
  "nat",
  "privateSuper",
  "underlay",
] as const satisfies readonly Field[];

/** What a network is that exists, or is to be created. */
export function kindOf(network: Network): Exclude<NetworkKind, "request"> {
  if (network.parentNetworkId !== "") return "child";
  if (network.privateSuper) return "super";
  return network.underlay ? "underlay" : "external";
}

/** What is taken from the prefixes of a network. */
export function useOf(network: Network): Use {
  return kindOf(network) === "super" ? "children" : "addresses";
}

/** The families of the prefixes of a network, IPv4 first. */
export function familiesOf(network: Network): Family[] {
  return families.filter((family) => prefixesOf(network).some((each) => each.family === family));
}

/** The prefixes of a network, in its order. */
export function prefixesOf({ prefixes }: Network): Prefix[] {
  return prefixes.map((text) => readPrefix("network.prefixes", text));
}

/**
 * Gives every value its canonical form and fills in what follows from others. Throws invalid_argument for what has no
 * canonical form.
 */
export function settle(network: Network): void {
  network.prefixes = canonical("network.prefixes", network.prefixes);
  network.destinationPrefixes = canonical(
    "network.destination_prefixes",
    network.destinationPrefixes,
  );
  const announcable = network.additionalAnnouncableCidrs;
  network.additionalAnnouncableCidrs = canonical(
    "network.additional_announcable_cidrs",
    announcable,
  );
  const { defaultChildPrefixLength: lengths, minChildPrefixLength: least } = network;
  const settled = readLengths("network.default_child_prefix_length", lengths);
  Object.assign(network, {
    defaultChildPrefixLength: settled,
    minChildPrefixLength: readLengths("network.min_child_prefix_length", least),
  });
  for (const flag of ["shared", "nat", "privateSuper", "underlay", "vrfShared"] as const)
    network[flag] ??= false;
  network.networkType = typeOf(network);
  network.natType = network.nat ? NatType.IPV4_MASQ : NatType.NONE;
  network.consumption = undefined;
}

/** Canonical texts of prefixes, each once. */
function canonical(field: string, texts: readonly string[]): string[] {
  return [...new Set(texts.map((text) => prefixText(readPrefix(field, text))))];
}

const types = {
  external: NetworkType.EXTERNAL,
  underlay: NetworkType.UNDERLAY,
  super: NetworkType.SUPER,
  child: NetworkType.CHILD,
} as const;

function typeOf(network: Network): NetworkType {
  return network.shared ? NetworkType.CHILD_SHARED : types[kindOf(network)];
}

/** Throws invalid_argument if a settled network breaks a rule of its kind. */
export function assertNetwork(network: Network, kind: NetworkKind = kindOf(network)): void {
  assertForm(network, kind);
  assertDistinct(prefixesOf(network));
  if (kind === "super") assertLengths(network);
  if (kind !== "request") assertDestinations(network);
}

function assertForm(network: Network, kind: NetworkKind): void {
  const { called, required, forbidden } = forms[kind];
  const lacking = required.find((field) => !isGiven(network[field]));
  if (lacking !== undefined) throw invalid(`${pathOf(lacking)}: ${called} needs it`);
  const excess = forbidden.find((field) => isGiven(network[field]));
  if (excess !== undefined) throw invalid(`${pathOf(excess)}: ${called} cannot have it`);
}

const pathOf = (field: Field) => `network.${NetworkSchema.field[field].name}`;

/** A flag that is off, a list or map without entries and an empty text are not given. */
function isGiven(value: unknown): boolean {
  return typeof value === "object" ? Object.keys(value ?? {}).length > 0 : Boolean(value);
}

function assertDistinct(prefixes: readonly Prefix[]): void {
  for (const [index, one] of prefixes.entries()) {
    const other = prefixes.slice(index + 1).find((each) => overlap(one, each));
    if (other !== undefined)
      throw invalid(`network.prefixes: "${prefixText(one)}" and "${prefixText(other)}" overlap`);
  }
}

function assertDestinations(network: Network): void {
  const known = familiesOf(network);
  const texts = network.destinationPrefixes;
  const stray = texts.find((text) => !known.includes(readPrefix("destination", text).family));
  if (stray !== undefined)
    throw invalid(`network.destination_prefixes: "${stray}" is of a family that no prefix has`);
}

function assertLengths(network: Network): void {
  const { defaultChildPrefixLength, minChildPrefixLength } = network;
  const lengths: PerFamily = defaultChildPrefixLength;
  const least: PerFamily = minChildPrefixLength;
  const field = "network.default_child_prefix_length";
  for (const prefix of prefixesOf(network)) {
    const length = lengths[prefix.family];
    if (length === undefined)
      throw invalid(
        `${field}: has no ${prefix.family}, but "${prefixText(prefix)}" is ${prefix.family}`,
      );
    if (length <= prefix.length)
      throw invalid(`${field}: ${length} is not longer than "${prefixText(prefix)}"`);
  }
  const short = families.find(
    (family) => (lengths[family] ?? addressBits[family]) < (least[family] ?? 0),
  );
  if (short !== undefined)
    throw invalid(
      `${field}: ${lengths[short]} is below the minimum of ${least[short]} for ${short}`,
    );
}

/** Throws invalid_argument if a network to create says that it is another type than its fields make it. */
export function assertType(asked: NetworkType, nat: NatType, settled: Network): void {
  if (asked !== NetworkType.UNSPECIFIED && asked !== settled.networkType)
    throw invalid("network.network_type: contradicts the other fields; leave it out");
  if (nat !== NatType.UNSPECIFIED && nat !== settled.natType)
    throw invalid("network.nat_type: contradicts network.nat; leave it out");
}

/**
 * Throws invalid_argument if something changed that never changes, failed_precondition if something was taken from those
 * who rely on it: a shared network from its guests, or without `force` what machines may announce.
 */
export function assertChange(before: Network, after: Network, force: boolean): void {
  for (const field of fixed) assertSame(pathOf(field), `${before[field]}`, `${after[field]}`);
  if (kindOf(before) === "child" && before.prefixes.join() !== after.prefixes.join())
    throw invalid("network.prefixes: those of a child network are carved and never change");
  if (before.shared && !after.shared)
    throw precondition(`network "${before.id}" is shared, and stays so for those who joined it`);
  const kept = new Set(after.additionalAnnouncableCidrs);
  const lost = before.additionalAnnouncableCidrs.find((cidr) => !kept.has(cidr));
  if (lost !== undefined && !force)
    throw precondition(`"${lost}" could not be announced any more: remove it with force`);
}

/** What a child asks for. */
export interface Wish {
  /** As sent: by the name of the family. */
  readonly length: Readonly<Record<string, number>>;
  /** A prefix of this family only. */
  readonly family: Family | undefined;
}

/**
 * The length of the child's prefix of each family that it gets one of. Throws invalid_argument if the super network lacks
 * a family that was asked for, or a length is below its minimum.
 */
export function childLengths(parent: Network, wish: Wish): (readonly [Family, number])[] {
  const known = familiesOf(parent);
  const asked = readLengths("length", wish.length);
  const named = [...families.filter((family) => family in asked), wish.family];
  const missing = named.find((family) => family !== undefined && !known.includes(family));
  if (missing !== undefined) throw invalid(`network "${parent.id}" has no ${missing} prefix`);
  const lengths: PerFamily = { ...(parent.defaultChildPrefixLength as PerFamily), ...asked };
  const wanted = wish.family === undefined ? known : [wish.family];
  return wanted.map((family) => [family, assertLength(parent, family, lengths[family])] as const);
}

function assertLength(parent: Network, family: Family, length: number | undefined): number {
  if (length === undefined)
    throw new Error(`super network "${parent.id}" without a length for ${family}`);
  const least = (parent.minChildPrefixLength as PerFamily)[family] ?? 0;
  if (length >= least) return length;
  throw invalid(
    `length: ${family} prefixes of children of "${parent.id}" have at least ${least} bits`,
  );
}
