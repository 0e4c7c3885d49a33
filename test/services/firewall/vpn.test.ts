// Firewalls get the key with which they join the VPN with their allocation, and no key is left over.
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { FirewallService } from "../../../gen/metal/v1/firewall_pb.ts";
import { createHeadscale } from "../../../src/vpn/headscale.ts";
import { type HeadscaleServer, startHeadscale } from "../../vpn/headscale-server.ts";
import { faultsOf } from "../../world/books.ts";
import { failure } from "../../world/failure.ts";
import { firewallImageId, partitionId, projectId, sizeId, stock } from "../../world/inventory.ts";
import { startWorld, type World } from "../../world/server.ts";
import { openTestStore } from "../../world/store.ts";

let headscale: HeadscaleServer;
let world: World;
let privateId: string;
let broken: string | undefined;

beforeEach(async () => {
  broken = undefined;
  headscale = await startHeadscale();
  const store = await openTestStore();
  const failing: World["store"] = {
    read: store.read,
    changes: store.changes,
    ping: () => store.ping(),
    close: () => store.close(),
    transaction: (work) =>
      store.transaction(async (tx) => {
        const result = await work(tx);
        if (broken !== undefined) throw new Error(broken);
        return result;
      }),
  };
  world = await startWorld({ store: failing, vpn: createHeadscale(headscale.settings) });
  privateId = await stock(world.store, { machines: 3 });
});
afterEach(async () => {
  await world.close();
  await headscale.close();
});

const allocate = (values: object = {}) =>
  world.client(FirewallService, "edit").allocate({
    projectId,
    imageId: firewallImageId,
    sizeId,
    partitionId,
    networks: [{ networkId: privateId }, { networkId: "internet" }],
    ...values,
  });
const secretOf = (id = "") => world.store.read.machineSecret.get(id);
const yearsOf = () => headscale.keys.map(({ expiration }) => new Date(expiration).getFullYear());
const isUsable = (year: number) => year > 2000;

test("a firewall says where the VPN is; its key is among its secrets, good once and for two hours", async () => {
  const { firewall } = await allocate();
  expect(firewall?.allocation?.vpn).toMatchObject({
    address: "https://vpn.example",
    connected: false,
    authKey: "",
  });
  expect(await secretOf(firewall?.id)).toMatchObject({ vpnAuthKey: "secret 1" });
  expect(headscale.keys).toMatchObject([{ reusable: false, ephemeral: false }]);
  const leftMs = Date.parse(headscale.keys[0]?.expiration ?? "") - Date.now();
  expect(leftMs / 60_000).toBeGreaterThan(119);
  expect(leftMs / 60_000).toBeLessThanOrEqual(120);
  expect(await faultsOf(world.store)).toEqual([]);
});

test("a request that is refused makes no key, and no user", async () => {
  expect(await failure(allocate({ sizeId: "unknown-size" }))).not.toBe("no failure");
  expect(headscale.log).toEqual([]);
});

test("a request that is repeated makes no further key", async () => {
  const first = await allocate({ requestId: "r" });
  const second = await allocate({ requestId: "r" });
  expect(second.firewall?.id).toBe(first.firewall?.id);
  expect(headscale.keys).toHaveLength(1);
  expect(await secretOf(first.firewall?.id)).toMatchObject({ vpnAuthKey: "secret 1" });
});

test("the same request twice at once leaves one firewall with a key that is good", async () => {
  const both = await Promise.all([allocate({ requestId: "r" }), allocate({ requestId: "r" })]);
  const [first, second] = both.map(({ firewall }) => firewall?.id);
  expect(first).toBe(second);
  const { vpnAuthKey } = (await secretOf(first)) ?? {};
  const good = headscale.keys.filter((_, at) => isUsable(yearsOf()[at] ?? 0));
  expect(good.map(({ key }) => key)).toEqual([vpnAuthKey]);
});

test("an allocation that fails after the key was made revokes it, and takes nothing", async () => {
  broken = "the disk is full";
  expect(await failure(allocate())).not.toBe("no failure");
  broken = undefined;
  expect(yearsOf().filter(isUsable)).toEqual([]);
  expect(await world.store.read.machine.count({ allocated: "true" })).toBe(0);
  expect(await faultsOf(world.store)).toEqual([]);
});

test("while the VPN does not answer no firewall is allocated", async () => {
  headscale.broken = true;
  expect(await failure(allocate())).toBe("Unavailable: the server of the VPN refuses");
  expect(await world.store.read.machine.count({ allocated: "true" })).toBe(0);
  expect(await faultsOf(world.store)).toEqual([]);
});
