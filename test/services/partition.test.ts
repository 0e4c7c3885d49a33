import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { PartitionService } from "../../gen/metal/v1/partition_pb.ts";
import { ProjectService } from "../../gen/metal/v1/project_pb.ts";
import { SizeService } from "../../gen/metal/v1/size_pb.ts";
import { failure } from "../world/failure.ts";
import { startWorld, type World } from "../world/server.ts";

let world: World;
beforeEach(async () => {
  world = await startWorld();
});
afterEach(() => world.close());

const partitions = () => world.client(PartitionService, "admin");
const sizes = () => world.client(SizeService, "edit");

async function reserve(id: string, values: object): Promise<void> {
  const reservation = { id, sizeId: "small", projectId: "p", amount: 1, ...values };
  await sizes().createReservation({ reservation });
}

beforeEach(async () => {
  await partitions().create({ partition: { id: "north" } });
  await partitions().create({ partition: { id: "south" } });
  await world.client(SizeService, "admin").create({ size: { id: "small" } });
  await world.client(ProjectService, "admin").create({ project: { meta: { id: "p" } } });
});

test.each([
  [
    "a boot image that is no web address",
    { bootConfig: { imageUrl: "ftp://x" } },
    "boot_config.image_url",
  ],
  [
    "a name server that is no address",
    { dnsServers: [{ ip: "dns.example" }] },
    "dns_servers[0].ip",
  ],
  ["a fourth name server", { dnsServers: Array(4).fill({ ip: "10.0.0.1" }) }, "dns_servers"],
  [
    "a time server that is neither address nor name",
    { ntpServers: [{ address: "a b" }] },
    "ntp_servers[0].address",
  ],
  ["a management address without a port", { mgmtServiceAddress: "host" }, "mgmt_service_address"],
  ["an id with a slash", { id: "a/b" }, "id"],
])("%s is refused, by field", async (_, values, field) => {
  const refused = await failure(partitions().create({ partition: { id: "x", ...values } }));
  expect(refused).toMatch(/^InvalidArgument: /);
  expect(refused).toContain(`partition.${field}: `);
  expect(await failure(partitions().get({ id: "x" }))).toMatch(/^NotFound/);
});

test("an update without a boot configuration keeps the one that is there", async () => {
  const bootConfig = { kernelUrl: "https://x.example/k", commandLine: "ip=dhcp" };
  await partitions().create({ partition: { id: "x", bootConfig } });
  const update = { partition: { id: "x", generation: 0n, name: "n" } };
  expect((await partitions().update(update)).partition?.bootConfig).toMatchObject(bootConfig);
});

test("a partition that is reserved in is not deleted", async () => {
  await reserve("r", { partitionIds: ["north", "south"] });
  expect(await failure(partitions().delete({ id: "north" }))).toBe(
    'FailedPrecondition: partition "north" is in use by 1 size reservation',
  );
});

test("capacity adds up what is reserved, by partition and size, in order", async () => {
  await reserve("r1", { partitionIds: ["south", "north"], amount: 2 });
  await reserve("r2", { partitionIds: ["south"], amount: 3 });
  const { capacities } = await partitions().getCapacity({});
  const rows = capacities.map(({ partitionId, sizes: list }) => [
    partitionId,
    list.map(({ sizeId, reservations }) => [sizeId, reservations]),
  ]);
  expect(rows).toEqual([
    ["north", [["small", 2]]],
    ["south", [["small", 5]]],
  ]);
});

test("capacity of a partition or size that does not exist is not found", async () => {
  expect(await failure(partitions().getCapacity({ partitionId: "x" }))).toBe(
    'NotFound: no partition "x"',
  );
  expect(await failure(partitions().getCapacity({ sizeId: "x" }))).toBe('NotFound: no size "x"');
});
