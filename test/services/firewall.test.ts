import { create } from "@bufbuild/protobuf";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { FirewallService } from "../../gen/metal/v1/firewall_pb.ts";
import { MachineRole, MachineServiceAllocateRequestSchema } from "../../gen/metal/v1/machine_pb.ts";
import { allocate } from "../../src/domain/allocation/allocate.ts";
import { failure } from "../world/failure.ts";
import {
  firewallImageId,
  imageId,
  partitionId,
  projectId,
  sizeId,
  stock,
} from "../world/inventory.ts";
import { startWorld, type World } from "../world/server.ts";

let world: World;
let privateId: string;
beforeEach(async () => {
  world = await startWorld();
  privateId = await stock(world.store, { machines: 3 });
});
afterEach(() => world.close());

const firewalls = () => world.client(FirewallService, "edit");
const request = (values: object = {}) => ({
  projectId,
  imageId: firewallImageId,
  sizeId,
  partitionId,
  name: "edge",
  networks: [{ networkId: privateId }, { networkId: "internet" }],
  ...values,
});

test("an editor allocates a firewall with rules, and finds it by id and in the list", async () => {
  const firewallRules = {
    egress: [{ ports: [443], to: ["0.0.0.0/0"], comment: "https" }],
    ingress: [{ ports: [22], from: ["192.0.2.0/24"] }],
  };
  const { firewall } = await firewalls().allocate(request({ firewallRules }));
  expect(firewall?.allocation).toMatchObject({
    name: "edge",
    role: MachineRole.FIREWALL,
    creator: "hmac:Metal-Edit",
    firewallRules: { egress: [{ ports: [443], to: ["0.0.0.0/0"] }], ingress: [{ ports: [22] }] },
  });
  const id = firewall?.id ?? "";
  expect((await firewalls().get({ id: id.toUpperCase() })).firewall?.id).toBe(id);
  expect((await firewalls().list({ projectId })).firewalls.map((each) => each.id)).toEqual([id]);
});

test.each([
  ["a protocol that is none", { egress: [{ protocol: 9, to: ["0.0.0.0/0"] }] }, "protocol"],
  ["a port too large", { egress: [{ ports: [70_000], to: ["0.0.0.0/0"] }] }, "ports"],
  ["an address without a mask", { egress: [{ to: ["10.0.0.1"] }] }, "to"],
  ["families mixed", { egress: [{ to: ["10.0.0.0/8", "2001:db8::/32"] }] }, "egress[0]"],
  ["a line break in a comment", { egress: [{ to: ["10.0.0.0/8"], comment: "a\nb" }] }, "comment"],
])("rules with %s are refused, by field, and nothing is taken", async (_, firewallRules, field) => {
  const refused = await failure(firewalls().allocate(request({ firewallRules })));
  expect(refused).toMatch(/^InvalidArgument: /);
  expect(refused).toContain(field);
  expect(await world.store.read.machine.count({ allocated: "true" })).toBe(0);
});

test("a machine that is no firewall is not found, and not listed", async () => {
  const spec = create(MachineServiceAllocateRequestSchema, request({ imageId }));
  const { id } = await world.store.transaction((tx) => {
    const role = MachineRole.MACHINE;
    const chance = { nowMs: Date.now(), random: Math.random };
    return allocate(tx, { ...spec, role, creator: "" }, chance);
  });
  expect(await failure(firewalls().get({ id }))).toBe(`NotFound: no firewall "${id}"`);
  expect((await firewalls().list({})).firewalls).toEqual([]);
});
