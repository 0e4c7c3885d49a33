import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { MachineSecretSchema } from "../../gen/metal/store/v1/machine_pb.ts";
import {
  type MachineAllocationSchema,
  MachineRole,
  MachineSchema,
} from "../../gen/metal/v1/machine_pb.ts";
import { followVpn } from "../../src/jobs/vpn.ts";
import type { Store } from "../../src/store/store.ts";
import { createHeadscale } from "../../src/vpn/headscale.ts";
import { type HeadscaleServer, startHeadscale } from "../vpn/headscale-server.ts";
import { failure } from "../world/failure.ts";
import { machineId } from "../world/machines.ts";
import { openTestStore } from "../world/store.ts";

let store: Store;
let headscale: HeadscaleServer;
beforeEach(async () => {
  store = await openTestStore();
  headscale = await startHeadscale();
});
afterEach(async () => {
  await headscale.close();
  await store.close();
});

const firewall = { role: MachineRole.FIREWALL, projectId: "p", vpn: { address: "https://vpn" } };

async function keep(
  n: number,
  allocation: MessageInitShape<typeof MachineAllocationSchema> | undefined,
): Promise<void> {
  const id = machineId(n);
  await store.transaction(async (tx) => {
    await tx.machine.insert(
      create(MachineSchema, { id, ...(allocation && { allocation: allocation as never }) }),
    );
    await tx.machineSecret.insert(create(MachineSecretSchema, { id, vpnAuthKey: "secret" }));
  });
}

const node = (n: number, values: object = {}) =>
  headscale.nodes.push({
    id: `${headscale.nodes.length + 1}`,
    name: machineId(n),
    user: { id: "1", name: "project-p" },
    online: true,
    ipAddresses: ["100.64.0.1"],
    ...values,
  });
const follow = () => followVpn(store, createHeadscale(headscale.settings));
const vpnOf = async (n: number) => {
  const machine = await store.read.machine.get(machineId(n));
  const { connected, ips } = machine?.allocation?.vpn ?? {};
  return { connected, ips, generation: machine?.generation };
};
const keyOf = async (n: number) => (await store.read.machineSecret.get(machineId(n)))?.vpnAuthKey;

test("a firewall is noted as connected when it is, and loses the key that it needed for that", async () => {
  await keep(1, firewall);
  await follow();
  expect([await vpnOf(1), await keyOf(1)]).toEqual([
    { connected: false, ips: [], generation: 0n },
    "secret",
  ]);
  node(1);
  await follow();
  expect([await vpnOf(1), await keyOf(1)]).toEqual([
    { connected: true, ips: ["100.64.0.1"], generation: 1n },
    "",
  ]);
});

test("what is known already is not written again", async () => {
  await keep(1, firewall);
  node(1);
  await follow();
  await follow();
  expect((await vpnOf(1)).generation).toBe(1n);
});

test("a node that vanished takes its connection with it", async () => {
  await keep(1, firewall);
  node(1);
  await follow();
  headscale.nodes.length = 0;
  await follow();
  expect(await vpnOf(1)).toMatchObject({ connected: false, ips: [] });
});

test("a machine without a VPN stays as it is", async () => {
  await keep(1, { role: MachineRole.FIREWALL, projectId: "p" });
  node(1);
  await follow();
  expect(await vpnOf(1)).toEqual({ connected: undefined, ips: undefined, generation: 0n });
});

test("nodes of machines that were freed, or went to another project, are put out, no others", async () => {
  await keep(1, undefined);
  await keep(2, { ...firewall, projectId: "q" });
  await keep(3, firewall);
  for (const n of [1, 2, 3, 4]) node(n);
  node(5, { name: "laptop" });
  await follow();
  const left = headscale.nodes as { name: string }[];
  expect(left.map(({ name }) => name)).toEqual([machineId(3), machineId(4), "laptop"]);
});

test("while the VPN does not answer nothing is concluded", async () => {
  await keep(1, firewall);
  node(1);
  await follow();
  headscale.broken = true;
  expect(await failure(follow())).toBe("Unavailable: the server of the VPN refuses");
  expect(await vpnOf(1)).toMatchObject({ connected: true });
});
