import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { FilesystemLayoutService } from "../../gen/metal/v1/filesystem_layout_pb.ts";
import { PartitionService } from "../../gen/metal/v1/partition_pb.ts";
import { ProjectService } from "../../gen/metal/v1/project_pb.ts";
import { SizeConstraintType, SizeService } from "../../gen/metal/v1/size_pb.ts";
import { failure } from "../world/failure.ts";
import { startWorld, type World } from "../world/server.ts";

let world: World;
beforeEach(async () => {
  world = await startWorld();
});
afterEach(() => world.close());

const sizes = () => world.client(SizeService, "admin");
const { CORES, MEMORY, STORAGE, GPU } = SizeConstraintType;
const range = (type: SizeConstraintType, min: bigint, max: bigint, identifier = "") => ({
  type,
  min,
  max,
  identifier,
});

test("constraints keep numbers beyond what a double can hold", async () => {
  const constraints = [range(MEMORY, 1n, 2n ** 64n - 1n)];
  const { size } = await sizes().create({ size: { id: "big", constraints } });
  expect(size?.constraints[0]?.max).toBe(2n ** 64n - 1n);
});

test("all faults of constraints are told at once", async () => {
  const constraints = [range(MEMORY, 2n, 1n, "x"), range(GPU, 1n, 1n)];
  const refused = await failure(sizes().create({ size: { id: "odd", constraints } }));
  expect(refused).toMatch(/^InvalidArgument: /);
  for (const part of ["index 0, max", "index 0, identifier", "index 1, identifier"])
    expect(refused).toContain(part);
});

test("the id unknown is reserved", async () => {
  expect(await failure(sizes().create({ size: { id: "unknown" } }))).toMatch(
    /^InvalidArgument: size\.id: /,
  );
});

test("a size that some hardware would match beside another one is refused", async () => {
  await sizes().create({ size: { id: "a", constraints: [range(CORES, 1n, 4n)] } });
  const size = { id: "b", constraints: [range(CORES, 4n, 8n)] };
  const text = 'FailedPrecondition: size "b" overlaps size "a": hardware could match both';
  expect(await failure(sizes().create({ size }))).toBe(text);
  await sizes().create({ size: { id: "b", constraints: [range(CORES, 5n, 8n)] } });
  expect(await failure(sizes().update({ size: { ...size, generation: 0n } }))).toBe(text);
});

test("of two overlapping sizes created at once exactly one exists", async () => {
  const create = (id: string) =>
    failure(sizes().create({ size: { id, constraints: [range(CORES, 1n, 4n)] } }));
  const outcomes = await Promise.all(["a", "b", "c", "d"].map(create));
  expect(outcomes.filter((text) => text === "no failure")).toHaveLength(1);
});

test("a suggestion fits the hardware it was made for", async () => {
  const hardware = {
    cpus: [{ model: "Xeon [8 core]", cores: 8 }],
    memory: 1n << 30n,
    disks: [
      { name: "/dev/nvme0n1", size: 1000n },
      { name: "/dev/nvme1n1", size: 2000n },
    ],
  };
  const source = { case: "hardware" as const, value: hardware };
  const { constraints } = await sizes().suggest({ source });
  expect(constraints.map(({ type, min, max }) => [type, min, max])).toEqual([
    [CORES, 8n, 8n],
    [MEMORY, 1n << 30n, 1n << 30n],
    [STORAGE, 3000n, 3000n],
  ]);
  await sizes().create({ size: { id: "suggested", constraints } });
});

test("a suggestion for nothing is refused, for a machine that is not there not found", async () => {
  expect(await failure(sizes().suggest({}))).toMatch(/^InvalidArgument: source: /);
  const source = { case: "machineId" as const, value: "m" };
  expect(await failure(sizes().suggest({ source }))).toBe('NotFound: no machine "m"');
});

const reservation = {
  id: "r",
  sizeId: "small",
  projectId: "p",
  partitionIds: ["south", "north"],
  amount: 2,
};

async function prepare() {
  for (const id of ["north", "south"])
    await world.client(PartitionService, "admin").create({ partition: { id } });
  await world.client(ProjectService, "admin").create({ project: { meta: { id: "p" } } });
  await sizes().create({ size: { id: "small" } });
  return world.client(SizeService, "edit");
}

test.each([
  ["size", { sizeId: "x" }],
  ["project", { projectId: "x" }],
  ["partition", { partitionIds: ["north", "x"] }],
])("a reservation for a %s that does not exist is refused", async (kind, values) => {
  const editor = await prepare();
  const call = editor.createReservation({ reservation: { ...reservation, ...values } });
  expect(await failure(call)).toBe(`FailedPrecondition: there is no ${kind} "x"`);
  expect((await editor.listReservations({})).reservations).toEqual([]);
});

test.each([
  ["no amount", { amount: 0 }, "amount"],
  ["no partition", { partitionIds: [] }, "partition_ids"],
  ["a partition twice", { partitionIds: ["north", "north"] }, "partition_ids"],
])("a reservation with %s is refused, by field", async (_, values, field) => {
  const editor = await prepare();
  const call = editor.createReservation({ reservation: { ...reservation, ...values } });
  expect(await failure(call)).toContain(`InvalidArgument: reservation.${field}: `);
});

test("an editor reserves, changes and gives back; size and project never change", async () => {
  const editor = await prepare();
  await editor.createReservation({ reservation });
  const changed = await editor.updateReservation({
    reservation: { id: "r", generation: 0n, amount: 5 },
  });
  expect(changed.reservation).toMatchObject({ amount: 5, partitionIds: ["south", "north"] });
  const moved = editor.updateReservation({
    reservation: { id: "r", generation: 1n, projectId: "q" },
  });
  expect(await failure(moved)).toBe(
    'InvalidArgument: reservation.project_id: is "p" and never changes',
  );
  expect((await editor.deleteReservation({ id: "r" })).reservation?.amount).toBe(5);
});

test("usage has a row for each partition, or only the one asked for", async () => {
  const editor = await prepare();
  await editor.createReservation({ reservation });
  const rows = async (filter: object) =>
    (await editor.listReservationUsage(filter)).usages.map((usage) => usage.partitionId);
  expect(await rows({})).toEqual(["north", "south"]);
  expect(await rows({ partitionId: "south" })).toEqual(["south"]);
  expect(await rows({ projectId: "q" })).toEqual([]);
});

test("a size that is reserved is not deleted", async () => {
  const editor = await prepare();
  await editor.createReservation({ reservation });
  expect(await failure(sizes().delete({ id: "small" }))).toBe(
    'FailedPrecondition: size "small" is in use by 1 size reservation',
  );
});

test("a size that filesystem layouts name is not deleted", async () => {
  await sizes().create({ size: { id: "small", constraints: [range(CORES, 1n, 1n)] } });
  const layouts = world.client(FilesystemLayoutService, "admin");
  for (const os of ["debian", "ubuntu"]) {
    const constraints = { sizes: ["small"], images: { [os]: "*" } };
    await layouts.create({ filesystemLayout: { id: os, constraints } });
  }
  expect(await failure(sizes().delete({ id: "small" }))).toBe(
    'FailedPrecondition: size "small" is in use by 2 filesystem layouts',
  );
  await layouts.delete({ id: "debian" });
  await layouts.delete({ id: "ubuntu" });
  expect((await sizes().delete({ id: "small" })).size?.id).toBe("small");
});
