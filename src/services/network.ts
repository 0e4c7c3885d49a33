// NetworkService: proto/metal/v1/network.proto made real.
import { create } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import {
  type Network,
  NetworkSchema,
  type NetworkService,
  type NetworkServiceListRequest,
} from "../../gen/metal/v1/network_pb.ts";
import { prefixText, readPrefix } from "../domain/cidr.ts";
import { consumption, consumptionsOf } from "../domain/consumption.ts";
import { found, update } from "../domain/entity.ts";
import { precondition } from "../domain/errors.ts";
import { familyOf } from "../domain/family.ts";
import { assertChange, assertNetwork, kindOf, settle } from "../domain/network.ts";
import {
  allocateNetwork,
  changePrefixes,
  createNetwork,
  prepareChild,
  prepareNetwork,
  removeNetwork,
} from "../domain/network-flow.ts";
import { assertValid } from "../domain/validation.ts";
import type { PrefixReader } from "../store/pools.ts";
import type { Deps } from "./deps.ts";
import { listOf, pairs, term } from "./list.ts";

export function networkService({ read, change }: Deps) {
  return {
    async get({ id }) {
      return { network: await consumed(read.prefix, await found(read.network, "network", id)) };
    },
    async list(request) {
      const list = { request, where: whereOf(request) };
      const { items, nextPageToken } = await listOf(read.network, "network", list);
      const consumptions = await consumptionsOf(
        read.prefix,
        items.map(({ id }) => id),
      );
      const networks = items.map((network, at) => ({ ...network, consumption: consumptions[at] }));
      return { networks, nextPageToken };
    },
    async allocate({ network = create(NetworkSchema), length, addressFamily }, context) {
      prepareChild(network);
      const wish = { length, family: familyOf(addressFamily) };
      const allocated = await change(context, async (tx) =>
        consumed(tx.prefix, await allocateNetwork(tx, network, wish)),
      );
      return { network: allocated };
    },
    async free({ id }, context) {
      const network = await change(context, async (tx) => {
        const child = await found(tx.network, "network", id);
        if (kindOf(child) !== "child")
          throw precondition(`network "${id}" is no child network: it is deleted, not freed`);
        return unused(await removeNetwork(tx, child));
      });
      return { network };
    },
    async create({ network = create(NetworkSchema) }, context) {
      prepareNetwork(network);
      const created = await change(context, async (tx) =>
        consumed(tx.prefix, await createNetwork(tx, network)),
      );
      return { network: created };
    },
    async update({ network, updateMask, force }, context) {
      const updated = await change(context, async (tx) => {
        let prefixes: readonly string[] = [];
        const settleChange = (after: Network, before: Network) => {
          // First of all: what follows compares each prefix with each other, so there may only be so many.
          assertValid(NetworkSchema, after, "network");
          settle(after);
          assertChange(before, after, force);
          assertNetwork(after);
          prefixes = before.prefixes;
        };
        const sent = { sent: network, mask: updateMask, settle: settleChange };
        const after = await update(tx.network, "network", sent);
        await changePrefixes(tx, prefixes, after);
        return consumed(tx.prefix, after);
      });
      return { network: updated };
    },
    async delete({ id }, context) {
      const network = await change(context, async (tx) =>
        unused(await removeNetwork(tx, await found(tx.network, "network", id))),
      );
      return { network };
    },
  } satisfies ServiceImpl<typeof NetworkService>;
}

/** The network with its consumption. */
async function consumed(reader: PrefixReader, network: Network): Promise<Network> {
  [network.consumption] = await consumptionsOf(reader, [network.id]);
  return network;
}

/** A network that is gone has nothing that could be in use. */
function unused(network: Network): Network {
  network.consumption = consumption([]);
  return network;
}

function whereOf(request: NetworkServiceListRequest) {
  const canonical = (field: string, texts: readonly string[]) =>
    texts.map((text) => prefixText(readPrefix(field, text)));
  return {
    id: request.id,
    name: request.name,
    partition: request.partitionId,
    project: request.projectId,
    parent: request.parentNetworkId,
    vrf: term(request.vrf),
    nat: flag(request.nat),
    super: flag(request.privateSuper),
    underlay: flag(request.underlay),
    shared: flag(request.shared),
    type: term(request.networkType),
    natType: term(request.natType),
    family: familyOf(request.addressFamily) ?? "",
    prefix: canonical("prefixes", request.prefixes),
    destination: canonical("destination_prefixes", request.destinationPrefixes),
    label: pairs(request.labels),
  };
}

/** A flag as a term; one that is not given does not restrict. */
const flag = (value: boolean | undefined) => (value === undefined ? "" : `${value}`);
