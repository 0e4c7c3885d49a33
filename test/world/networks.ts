// A small data centre for tests of networks and IPs: a partition with a super network, an underlay and the internet, all
// of both families, and two projects.
import type { MessageInitShape } from "@bufbuild/protobuf";
import { afterEach, beforeEach, expect } from "@jest/globals";
import { IPService } from "../../gen/metal/v1/ip_pb.ts";
import { type Network, type NetworkSchema, NetworkService } from "../../gen/metal/v1/network_pb.ts";
import { PartitionService } from "../../gen/metal/v1/partition_pb.ts";
import { ProjectService } from "../../gen/metal/v1/project_pb.ts";
import { faultsOf } from "./books.ts";
import { startWorld, type World } from "./server.ts";

/** A network as a request states it. */
export type NetworkInit = MessageInitShape<typeof NetworkSchema>;

/** The networks of the data centre, by id. */
export const networks = {
  super: {
    privateSuper: true,
    partitionId: "here",
    prefixes: ["10.64.0.0/20", "2001:db8:64::/56"],
    defaultChildPrefixLength: { IPv4: 22, IPv6: 64 },
  },
  underlay: { underlay: true, partitionId: "here", prefixes: ["10.65.0.0/24"] },
  internet: {
    vrf: 104,
    nat: true,
    prefixes: ["203.0.113.0/24", "2001:db8:113::/64"],
    destinationPrefixes: ["0.0.0.0/0", "::/0"],
  },
} as const satisfies Record<string, Omit<NetworkInit, "$typeName">>;

/** Clients for networks and IPs, and the shortest way to have one. */
export function networkClients(world: World) {
  const admin = world.client(NetworkService, "admin");
  const edit = world.client(NetworkService, "edit");
  const ips = world.client(IPService, "edit");
  return {
    admin,
    edit,
    ips,
    create: async (network: NetworkInit) => only((await admin.create({ network })).network),
    get: async (id: string) => only((await admin.get({ id })).network),
    allocate: async (network: NetworkInit = {}, length: Record<string, number> = {}) => {
      const request = { network: { projectId: "p", partitionId: "here", ...network }, length };
      return only((await edit.allocate(request)).network);
    },
    /** An update of the newest version. */
    update: async (network: NetworkInit & { id: string }, more: UpdateOptions = {}) => {
      const { generation } = only((await admin.get({ id: network.id })).network);
      const { force = false, paths = [] } = more;
      const request = { network: { ...network, generation }, updateMask: { paths }, force };
      return only((await admin.update(request)).network);
    },
    hold: async (networkId: string, values: object = {}) =>
      only((await ips.allocate({ ip: { networkId, projectId: "p", ...values } })).ip),
  };
}

interface UpdateOptions {
  readonly force?: boolean;
  readonly paths?: string[];
}

function only<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("the answer lacks the entity");
  return value;
}

/** What a test works with. */
export type DataCentre = ReturnType<typeof networkClients> & { readonly world: World };

/** Gives each test of a file a data centre of its own. After each, what was handed out must add up. */
export function usingNetworks(): () => DataCentre {
  let current: DataCentre;
  beforeEach(async () => {
    const world = await startWorld();
    current = { world, ...(await buildNetworks(world)) };
  });
  afterEach(async () => {
    const faults = await faultsOf(current.world.store);
    await current.world.close();
    expect(faults).toEqual([]);
  });
  return () => current;
}

/** Builds the data centre. */
export async function buildNetworks(world: World): Promise<ReturnType<typeof networkClients>> {
  const projects = world.client(ProjectService, "admin");
  await world.client(PartitionService, "admin").create({ partition: { id: "here" } });
  for (const id of ["p", "q"]) await projects.create({ project: { meta: { id } } });
  const clients = networkClients(world);
  for (const [id, network] of Object.entries(networks)) await clients.create({ id, ...network });
  return clients;
}

/** A super network with these lengths of children and these prefixes. */
export const superOf = (lengths: Record<string, number>, ...prefixes: string[]): NetworkInit => ({
  privateSuper: true,
  prefixes,
  defaultChildPrefixLength: lengths,
});

/** The prefixes of a network as one text. */
export const prefixesText = ({ prefixes }: Pick<Network, "prefixes">) => prefixes.join(" ");
