// Whatever is interrupted leaves nothing behind: each flow is stopped before each call that it makes of the store, one
// after the other, and begun again until it succeeds.
import { create } from "@bufbuild/protobuf";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { type IP, IPSchema } from "../../gen/metal/v1/ip_pb.ts";
import { type Network, NetworkSchema } from "../../gen/metal/v1/network_pb.ts";
import { ProjectSchema } from "../../gen/metal/v1/project_pb.ts";
import { allocateIp, freeIp } from "../../src/domain/ip.ts";
import {
  allocateNetwork,
  changePrefixes,
  createNetwork,
  prepareNetwork,
  removeNetwork,
} from "../../src/domain/network-flow.ts";
import type { Store, Transaction } from "../../src/store/store.ts";
import { faultsOf } from "../world/books.ts";
import { openTestStore } from "../world/store.ts";

const project = create(ProjectSchema, { meta: { id: "p" } });
const superNetwork = () =>
  create(NetworkSchema, {
    id: "super",
    privateSuper: true,
    vrf: 9,
    prefixes: ["10.64.0.0/20", "2001:db8:64::/56"],
    defaultChildPrefixLength: { IPv4: 22, IPv6: 64 },
  });
const internet = () => create(NetworkSchema, { id: "internet", prefixes: ["203.0.113.0/24"] });

let store: Store;
beforeEach(async () => {
  store = await openTestStore();
  await store.transaction(async (tx) => {
    await tx.project.insert(project);
    await createNetwork(tx, prepared(internet()));
  });
});
afterEach(() => store.close());

function prepared(network: Network): Network {
  prepareNetwork(network);
  return network;
}

type Flow = (tx: Transaction) => Promise<unknown>;

const child: Flow = (tx) =>
  allocateNetwork(tx, create(NetworkSchema, { projectId: "p", parentNetworkId: "super" }), {
    length: {},
    family: undefined,
  });
const hold: Flow = async (tx) =>
  allocateIp(tx, create(IPSchema, { networkId: "internet", projectId: "p" }), {
    network: (await tx.network.get("internet")) as Network,
    project,
    wish: { wanted: undefined, family: undefined },
  });
const childOf = async (tx: Transaction) => {
  const [first] = await tx.network.list({ where: { parent: "super" }, limit: 1 });
  return first as Network;
};

const flows: readonly (readonly [string, Flow, readonly Flow[]])[] = [
  ["creating a network", (tx) => createNetwork(tx, prepared(superNetwork())), []],
  ["allocating a child", child, [(tx) => createNetwork(tx, prepared(superNetwork()))]],
  [
    "removing a child",
    async (tx) => removeNetwork(tx, await childOf(tx)),
    [(tx) => createNetwork(tx, prepared(superNetwork())), child],
  ],
  [
    "changing prefixes",
    async (tx) => {
      const network = (await tx.network.get("internet")) as Network;
      const { prefixes } = network;
      network.prefixes = ["198.18.0.0/24", "2001:db8:1::/64"];
      await tx.network.update(network);
      await changePrefixes(tx, prefixes, network);
    },
    [],
  ],
  ["allocating an IP", hold, []],
  ["freeing an IP", async (tx) => freeIp(tx, (await tx.ip.get("203.0.113.1")) as IP), [hold]],
];

/** The same, but the call of this number fails. */
function failing<T extends object>(target: T, calls: { left: number }): T {
  return new Proxy(target, {
    get(object, name, receiver) {
      const value: unknown = Reflect.get(object, name, receiver);
      if (typeof value === "object" && value !== null) return failing(value, calls);
      if (typeof value !== "function") return value;
      return (...args: unknown[]) => {
        calls.left -= 1;
        if (calls.left < 0) throw new Error("interrupted");
        return value.apply(object, args) as unknown;
      };
    },
  });
}

/** All that is handed out, as far as entities tell. */
const contents = async () => ({
  networks: await store.read.network.list({ limit: 100 }),
  ips: await store.read.ip.list({ limit: 100 }),
});

test.each(flows)("%s happens as a whole or not at all", async (_, flow, before) => {
  for (const step of before) await store.transaction(step);
  const untouched = await contents();
  for (let count = 0; ; count += 1) {
    const interrupted = store.transaction((tx) => flow(failing(tx, { left: count })));
    const outcome = await interrupted.then(
      () => "done",
      (error: Error) => error.message,
    );
    expect(await faultsOf(store)).toEqual([]);
    if (outcome === "done") {
      expect(count).toBeGreaterThan(3);
      expect(await contents()).not.toEqual(untouched);
      return;
    }
    expect(outcome).toBe("interrupted");
    expect(await contents()).toEqual(untouched);
  }
});
