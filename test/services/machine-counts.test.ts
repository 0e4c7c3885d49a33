// What other services tell of machines: capacity, use of images and reservations, and that what machines need stays.
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import {
  MachineBMCRecordSchema,
  MachineHistorySchema,
} from "../../gen/metal/store/v1/machine_pb.ts";
import {
  DiskPartitionSchema,
  DiskSchema,
  FilesystemLayoutService,
} from "../../gen/metal/v1/filesystem_layout_pb.ts";
import { ImageSchema, ImageService } from "../../gen/metal/v1/image_pb.ts";
import {
  MachineLiveliness,
  MachineSchema,
  MachineStateValue,
} from "../../gen/metal/v1/machine_pb.ts";
import {
  PartitionSchema,
  PartitionService,
  type SizeCapacity,
} from "../../gen/metal/v1/partition_pb.ts";
import { ProjectSchema, ProjectService } from "../../gen/metal/v1/project_pb.ts";
import { SizeReservationSchema, SizeSchema, SizeService } from "../../gen/metal/v1/size_pb.ts";
import { SwitchSchema } from "../../gen/metal/v1/switch_pb.ts";
import { failure } from "../world/failure.ts";
import { hardwareOf, machineId } from "../world/machines.ts";
import { startWorld, type World } from "../world/server.ts";

let world: World;
const nowMs = Date.now();
beforeEach(async () => {
  world = await startWorld();
  await world.store.transaction(async (tx) => {
    for (const id of ["north", "south"]) await tx.partition.insert(create(PartitionSchema, { id }));
    for (const id of ["small", "large"]) await tx.size.insert(create(SizeSchema, { id }));
    for (const id of ["shop", "other"])
      await tx.project.insert(
        create(ProjectSchema, {
          meta: { id },
          tenantId: "metal",
          quotas: { machine: { quota: 9 } },
        }),
      );
    await tx.image.insert(create(ImageSchema, { id: "debian-13.1" }));
  });
});
afterEach(() => world.close());

/** What a machine is, in words. */
interface Kept {
  readonly machine?: MessageInitShape<typeof MachineSchema>;
  readonly event?: string;
  readonly liveliness?: MachineLiveliness;
  /** Without an address of its BMC, a machine has an issue. */
  readonly address?: string;
}

async function keep(n: number, { machine = {}, event, liveliness, address }: Kept = {}) {
  const id = machineId(n);
  const place = { partitionId: "north", sizeId: "small" };
  await world.store.transaction(async (tx) => {
    const kept = await tx.machine.insert(
      create(MachineSchema, { ...place, ...(machine as object), id }),
    );
    const bmc = {
      partitionId: kept.partitionId,
      mac: "m",
      address: address ?? `10.0.0.${n}:623`,
      lastUpdated: timestampFromMs(nowMs),
    };
    await tx.machineBmc.insert(create(MachineBMCRecordSchema, { id, bmc }));
    const log = event === undefined ? [] : [{ event, time: timestampFromMs(nowMs) }];
    await tx.machineHistory.insert(
      create(MachineHistorySchema, {
        id,
        liveliness: liveliness ?? MachineLiveliness.ALIVE,
        events: { log },
      }),
    );
  });
}

const inUse = (project = "shop", more = {}): Kept => ({
  machine: { allocation: { projectId: project, imageId: "debian-13.1" }, ...more },
  event: "Phoned Home",
});
const waits: Kept = { machine: { waiting: true }, event: "Waiting" };
const reserve = (id: string, projectId: string, amount: number, partitionIds = ["north"]) =>
  world.store.transaction((tx) =>
    tx.sizeReservation.insert(
      create(SizeReservationSchema, { id, projectId, amount, sizeId: "small", partitionIds }),
    ),
  );

describe("capacity", () => {
  /** The numbers that are not 0, of one size in one partition. */
  async function row(request = {}, partition = "north", size = "small") {
    const { capacities } = await world.client(PartitionService, "view").getCapacity(request);
    const sizes = capacities.find(({ partitionId }) => partitionId === partition)?.sizes ?? [];
    const found: Partial<SizeCapacity> = sizes.find(({ sizeId }) => sizeId === size) ?? {};
    const { $typeName: _, sizeId: __, ...numbers } = found;
    return Object.fromEntries(
      Object.entries(numbers).filter(([, value]) =>
        Array.isArray(value) ? value.length > 0 : value !== 0,
      ),
    );
  }

  const one = { total: 1, other: 1, otherMachineIds: [machineId(1)], unavailable: 1 };
  const cases: readonly (readonly [string, readonly Kept[], object])[] = [
    ["one in use", [inUse()], { total: 1, allocated: 1, phonedHome: 1 }],
    [
      "one in use that has an issue",
      [{ ...inUse(), address: "" }],
      { total: 1, allocated: 1, phonedHome: 1, faulty: 1, faultyMachineIds: [machineId(1)] },
    ],
    ["one that waits", [waits], { total: 1, waiting: 1, allocatable: 1, free: 1 }],
    [
      "one that waits and is dead",
      [{ ...waits, liveliness: MachineLiveliness.DEAD }],
      { total: 1, waiting: 1, unavailable: 1, faulty: 1, faultyMachineIds: [machineId(1)] },
    ],
    [
      "one that waits and one in use",
      [waits, inUse()],
      { total: 2, waiting: 1, phonedHome: 1, allocated: 1, allocatable: 1, free: 1 },
    ],
    ["one that reboots", [{ event: "Planned Reboot" }], one],
    [
      "one that waits and is reserved by operators",
      [
        {
          machine: { waiting: true, state: { value: MachineStateValue.RESERVED } },
          event: "Waiting",
        },
      ],
      { total: 1, waiting: 1, unavailable: 1 },
    ],
  ];
  test.each(cases)("counts %s", async (_, machines, wanted) => {
    for (const [index, machine] of machines.entries()) await keep(index + 1, machine);
    expect(await row()).toEqual(wanted);
  });

  test("counts by size and partition, and under unknown what has no known size", async () => {
    await keep(1, inUse());
    await keep(2, inUse("shop", { sizeId: "large" }));
    await keep(3, inUse("shop", { partitionId: "south" }));
    await keep(4, { machine: { sizeId: "unknown" } });
    await keep(5, { machine: { sizeId: "" } });
    expect(await row()).toMatchObject({ total: 1 });
    expect(await row({}, "north", "large")).toMatchObject({ total: 1 });
    expect(await row({}, "south")).toMatchObject({ total: 1 });
    expect(await row({}, "north", "unknown")).toMatchObject({ total: 2, other: 2 });
    expect(await row({ sizeId: "small" }, "north", "large")).toEqual({});
    expect(await row({ partitionId: "south" })).toEqual({});
  });

  test("finds conflicts also with machines of other sizes that are not asked for", async () => {
    await keep(1, inUse());
    await keep(2, { ...inUse("shop", { sizeId: "large" }), address: "10.0.0.1:623" });
    expect(await row({ sizeId: "small" })).toMatchObject({ faulty: 1 });
  });

  test("holds back what others reserved and do not use, and what the project itself reserved not", async () => {
    for (const n of [1, 2]) await keep(n, waits);
    await keep(3, inUse("shop"));
    await reserve("r", "shop", 3);
    expect(await row()).toMatchObject({ allocatable: 2, reservations: 3, usedReservations: 1 });
    expect(await row()).not.toHaveProperty("free");
    expect(await row({ projectId: "shop" })).toMatchObject({ allocatable: 2, free: 2 });
    expect(await row({ projectId: "other" })).not.toHaveProperty("free");
  });
});

describe("reservations", () => {
  test("tell how far they are used, several of one project in turn", async () => {
    for (const n of [1, 2, 3]) await keep(n, inUse("shop"));
    await keep(4, inUse("other"));
    await reserve("a", "shop", 2, ["north", "south"]);
    await reserve("b", "shop", 2);
    const { usages } = await world.client(SizeService, "view").listReservationUsage({});
    expect(
      usages.map((one) => [one.id, one.partitionId, one.usedAmount, one.projectAllocations]),
    ).toEqual([
      ["a", "north", 2, 3],
      ["a", "south", 0, 0],
      ["b", "north", 1, 3],
    ]);
  });
});

describe("images", () => {
  test("tell which machines are allocated with them, if that is asked for", async () => {
    for (const n of [2, 1]) await keep(n, inUse());
    await keep(3);
    const images = world.client(ImageService, "view");
    const id = "debian-13.1";
    expect((await images.get({ id })).image?.usedBy).toEqual([]);
    expect((await images.get({ id, showUsage: true })).image?.usedBy).toEqual(
      [1, 2].map(machineId),
    );
    const listed = await images.list({ showUsage: true });
    expect(listed.images[0]?.usedBy).toEqual([1, 2].map(machineId));
    expect((await images.list({})).images[0]?.usedBy).toEqual([]);
  });
});

describe("what machines need stays", () => {
  const refused = async (call: Promise<unknown>) =>
    (await failure(call)).replace(/^.* is in use/, "is in use");

  test("images, sizes, partitions and projects with machines are not deleted", async () => {
    await keep(1, inUse());
    await keep(2, inUse());
    const admin = "admin";
    const calls = [
      world.client(ImageService, admin).delete({ id: "debian-13.1" }),
      world.client(SizeService, admin).delete({ id: "small" }),
      world.client(PartitionService, admin).delete({ id: "north" }),
      world.client(ProjectService, admin).delete({ id: "shop" }),
    ];
    expect(await Promise.all(calls.map(refused))).toEqual(
      calls.map(() => "is in use by 2 machines"),
    );
  });

  test("a partition with a switch is not deleted", async () => {
    const partition = { id: "leaf-1", partitionId: "north" };
    await world.store.transaction((tx) => tx.switch.insert(create(SwitchSchema, partition)));
    const call = world.client(PartitionService, "admin").delete({ id: "north" });
    expect(await refused(call)).toBe("is in use by 1 switch");
  });

  test("a project tells how many machines it uses", async () => {
    await keep(1, inUse());
    const { project } = await world.client(ProjectService, "view").get({ id: "shop" });
    expect(project?.quotas?.machine).toMatchObject({ quota: 9, used: 1 });
  });
});

describe("hardware of a registered machine", () => {
  beforeEach(async () => {
    const { memory, disks, cpus } = hardwareOf(1);
    const hardware = {
      memory,
      disks: disks.map(({ name, size }) => ({ name, size })),
      cpus: cpus.map(({ cores, model }) => ({ cores, model })),
    };
    await keep(1, { machine: { hardware } });
    await keep(2);
  });

  test("serves to suggest a size", async () => {
    const sizes = world.client(SizeService, "view");
    const suggest = (value: string) => sizes.suggest({ source: { case: "machineId", value } });
    const { constraints } = await suggest(machineId(1));
    expect(constraints.map(({ min, max }) => [min, max])).toContainEqual([8n, 8n]);
    expect(await failure(suggest(machineId(2)))).toBe(
      `FailedPrecondition: the hardware of machine "${machineId(2)}" is not known`,
    );
    expect(await failure(suggest(machineId(9)))).toMatch(/^NotFound: no machine/);
  });

  test("serves to try a layout", async () => {
    const partition = create(DiskPartitionSchema, { number: 1, size: 100n, gptType: 1 });
    const disks = [create(DiskSchema, { device: "/dev/sda", partitions: [partition] })];
    const admin = world.client(FilesystemLayoutService, "admin");
    await admin.create({ filesystemLayout: { id: "l", disks } });
    const match = (value: string) =>
      world
        .client(FilesystemLayoutService, "view")
        .match({ id: "l", source: { case: "machineId", value } });
    expect((await match(machineId(1))).filesystemLayout?.id).toBe("l");
    expect(await failure(match(machineId(2)))).toMatch(/^FailedPrecondition: the hardware/);
    expect(await failure(match(machineId(9)))).toMatch(/^NotFound: no machine/);
  });
});
