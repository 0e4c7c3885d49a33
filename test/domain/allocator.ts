// A process that takes addresses and child networks from the store in a folder for ever and gives some back. Before it
// asks to give back, and after each answer, it prints a line: "take ID", "giving ID". Arguments: the folder, a project.
import { writeSync } from "node:fs";
import { create } from "@bufbuild/protobuf";
import { type IP, IPSchema } from "../../gen/metal/v1/ip_pb.ts";
import { type Network, NetworkSchema } from "../../gen/metal/v1/network_pb.ts";
import { ProjectSchema } from "../../gen/metal/v1/project_pb.ts";
import { allocateIp, freeIp } from "../../src/domain/ip.ts";
import {
  allocateNetwork,
  createNetwork,
  prepareNetwork,
  removeNetwork,
} from "../../src/domain/network-flow.ts";
import { openSqliteStore } from "../../src/store/sqlite.ts";
import type { Transaction } from "../../src/store/store.ts";

const [folder = "", projectId = ""] = process.argv.slice(2);
const store = await openSqliteStore(folder);
const project = create(ProjectSchema, { meta: { id: projectId } });
const say = (line: string) => writeSync(1, `${line}\n`);

const internet = create(NetworkSchema, {
  id: "internet",
  prefixes: ["203.0.113.0/24", "10.0.0.0/8"],
});
const superNetwork = create(NetworkSchema, {
  id: "super",
  privateSuper: true,
  prefixes: ["2001:db8::/32"],
  defaultChildPrefixLength: { IPv6: 64 },
});

await store.transaction(async (tx) => {
  await tx.project.insert(project);
  if ((await tx.network.get("super")) !== undefined) return;
  for (const network of [internet, superNetwork]) {
    prepareNetwork(network);
    await createNetwork(tx, network);
  }
});

const hold = async (tx: Transaction) =>
  allocateIp(tx, create(IPSchema, { networkId: "internet", projectId }), {
    network: (await tx.network.get("internet")) as Network,
    project,
    wish: { wanted: undefined, family: undefined },
  });
const carve = (tx: Transaction) =>
  allocateNetwork(tx, create(NetworkSchema, { projectId, parentNetworkId: "super" }), {
    length: {},
    family: undefined,
  });

for (let count = 0; ; count += 1) {
  const { id } = await store.transaction(hold);
  say(`take ${id}`);
  const child = await store.transaction(carve);
  say(`take ${child.id}`);
  if (count % 3 !== 0) continue;
  say(`giving ${id}`);
  await store.transaction(async (tx) => freeIp(tx, (await tx.ip.get(id)) as IP));
  say(`giving ${child.id}`);
  await store.transaction((tx) => removeNetwork(tx, child));
}
