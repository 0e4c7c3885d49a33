import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import {
  FilesystemLayoutService,
  GptType,
  RaidLevel,
} from "../../gen/metal/v1/filesystem_layout_pb.ts";
import { ImageFeature, ImageService } from "../../gen/metal/v1/image_pb.ts";
import { full, type LayoutInit } from "../domain/layout/sample.ts";
import { failure } from "../world/failure.ts";
import { startWorld, type World } from "../world/server.ts";

let world: World;
beforeEach(async () => {
  world = await startWorld();
});
afterEach(() => world.close());

const layouts = () => world.client(FilesystemLayoutService, "admin");
const viewer = () => world.client(FilesystemLayoutService, "view");
const make = (filesystemLayout: LayoutInit) => layouts().create({ filesystemLayout });
const forMachines = (id: string, sizes: string[], images: Record<string, string>): LayoutInit => ({
  id,
  constraints: { sizes, images },
});
const makeImage = (id: string) =>
  world.client(ImageService, "admin").create({
    image: { id, url: "https://images.example/a", features: [ImageFeature.MACHINE] },
  });

describe("create", () => {
  test("keeps everything as it was sent", async () => {
    const { filesystemLayout: created } = await make(full);
    const { filesystemLayout: read } = await viewer().get({ id: "full" });
    expect(read).toEqual(created);
    expect(read).toMatchObject({ ...full, generation: 0n });
    expect(read?.disks[0]?.partitions[2]).toMatchObject({
      number: 3,
      size: 0n,
      gptType: GptType.GPT_TYPE_8E00,
    });
    expect(read?.raid[0]?.level).toBe(RaidLevel.RAID_LEVEL_1);
  });

  test("tells all that is wrong at once", async () => {
    const refused = await failure(
      make({
        id: "odd",
        disks: [{ device: "/dev/sda", partitions: [{ number: 1 }, { number: 1 }] }],
        filesystems: [{ device: "/dev/sdb", format: 3 }],
        constraints: { sizes: ["*"], images: { "*": "*" } },
      }),
    );
    expect(refused).toMatch(/^InvalidArgument: filesystem_layout\.disks\[0]/);
    for (const path of ["partitions[1].number", "filesystems[0].device", "sizes[0]", 'images["*"]'])
      expect(refused).toContain(`${path}: `);
  });

  test.each([{ size: 0n }, {}])(
    "gives %p, the rest of the disk, to the last only",
    async (size) => {
      const last = { number: 2, size: 5n };
      const partitions = [{ number: 1, ...size }, last];
      expect(await failure(make({ id: "odd", disks: [{ device: "/dev/sda", partitions }] }))).toBe(
        "InvalidArgument: filesystem_layout.disks[0].partitions[0].size: 0 takes what is left, which only the highest number (2) can",
      );
    },
  );

  test("takes an unknown format for invalid", async () => {
    expect(await failure(make({ id: "odd", filesystems: [{ device: "/dev/sda" }] }))).toMatch(
      /^InvalidArgument: filesystem_layout\.filesystems\[0]\.format: /,
    );
  });

  test("refuses a layout that a machine could get instead of another one", async () => {
    await make(forMachines("a", ["c1-large"], { ubuntu: ">= 10" }));
    await make(forMachines("b", ["c1-large"], { ubuntu: "< 10" }));
    expect(await failure(make(forMachines("c", ["c1-large"], { ubuntu: ">= 12" })))).toBe(
      'FailedPrecondition: filesystem layout "c" collides: ' +
        'layout "a" is for sizes "c1-large" too, with common versions of ubuntu ">= 12" and ">= 10"',
    );
    expect(await failure(viewer().get({ id: "c" }))).toBe('NotFound: no filesystem layout "c"');
  });

  test("at once of several for one machine lets exactly one be", async () => {
    const outcomes = await Promise.all(
      ["a", "b", "c", "d"].map((id) => failure(make(forMachines(id, ["c1"], { ubuntu: "*" })))),
    );
    expect(outcomes.filter((text) => text === "no failure")).toHaveLength(1);
    expect(outcomes.filter((text) => text.startsWith("FailedPrecondition"))).toHaveLength(3);
  });
});

describe("update", () => {
  test("keeps what is not sent, the time of creation among it", async () => {
    const { filesystemLayout: before } = await make(full);
    const { filesystemLayout: after } = await layouts().update({
      filesystemLayout: { id: "full", generation: 0n, description: "new" },
    });
    expect(after).toMatchObject({ ...full, description: "new", generation: 1n });
    expect(after?.created).toEqual(before?.created);
  });

  test("judges what results, not what was sent", async () => {
    await make(full);
    const refused = layouts().update({
      filesystemLayout: { id: "full", generation: 0n, disks: [{ device: "/dev/sda" }] },
    });
    expect(await failure(refused)).toMatch(
      /^InvalidArgument: filesystem_layout\.raid\[0]\.devices\[0]: no device "\/dev\/sda2" /,
    );
  });

  test("can take constraints away by naming them, whereupon the layout is for no machine", async () => {
    await make(forMachines("a", ["c1"], { ubuntu: "*" }));
    const { filesystemLayout } = await layouts().update({
      filesystemLayout: { id: "a", generation: 0n },
      updateMask: { paths: ["constraints.images"] },
    });
    expect(filesystemLayout?.constraints).toMatchObject({ sizes: ["c1"], images: {} });
    expect(await failure(viewer().try({ size: "c1", image: "ubuntu-22.04" }))).toMatch(/^NotFound/);
  });

  test("does not collide with what was before, but with others", async () => {
    await make(forMachines("a", ["c1"], { ubuntu: ">= 10" }));
    await make(forMachines("b", ["c1"], { ubuntu: "< 10" }));
    const change = (images: Record<string, string>) =>
      failure(
        layouts().update({
          filesystemLayout: { id: "a", generation: 0n, constraints: { images } },
        }),
      );
    expect(await change({ ubuntu: ">= 9" })).toMatch(/^FailedPrecondition: .*layout "b" is for/);
    expect(await change({ ubuntu: ">= 11" })).toBe("no failure");
  });
});

describe("list", () => {
  test("is restricted by name, size and operating system", async () => {
    await make({ ...forMachines("a", ["c1", "c2"], { ubuntu: "1", debian: "1" }), name: "n" });
    await make(forMachines("b", ["c2"], { ubuntu: "2" }));
    await make(forMachines("c", [], {}));
    const ids = async (filter: object) =>
      (await viewer().list(filter)).filesystemLayouts.map(({ id }) => id);
    expect(await ids({})).toEqual(["a", "b", "c"]);
    expect(await ids({ name: "n" })).toEqual(["a"]);
    expect(await ids({ size: "c2" })).toEqual(["a", "b"]);
    expect(await ids({ size: "c2", os: "debian" })).toEqual(["a"]);
    expect(await ids({ os: "centos" })).toEqual([]);
  });
});

describe("try", () => {
  const tried = async (size: string, image: string) =>
    (await viewer().try({ size, image })).filesystemLayout?.id;

  beforeEach(async () => {
    await make(forMachines("default", ["c1", "c2"], { ubuntu: "*", debian: "< 12" }));
    await make(forMachines("new", ["c1"], { debian: ">= 12.0.20240101" }));
    await make(forMachines("fire", ["c1"], { "firewall-ubuntu": ">= 2.0" }));
    await make(forMachines("by-id", ["c1"], {}));
  });

  test.each([
    ["c1", "ubuntu-22.04.20240101", "default"],
    ["c2", "debian-11.1.1", "default"],
    ["c1", "debian-12.0.20240101", "new"],
    ["c1", "firewall-ubuntu-3.0.1", "fire"],
  ])("finds the one for size %s and %s", async (size, image, expected) => {
    expect(await tried(size, image)).toBe(expected);
  });

  test.each([
    ["c1", "debian-12.0.20231231"],
    ["c1", "firewall-ubuntu-1.9.1"],
    ["c1", "centos-8.0.1"],
    ["c3", "ubuntu-22.04.1"],
  ])("finds none for size %s and %s", async (size, image) => {
    const text = `NotFound: no filesystem layout for size "${size}" with image "${image}"`;
    expect(await failure(viewer().try({ size, image }))).toBe(text);
  });

  test("takes a shortened id for the newest image there is", async () => {
    expect(await failure(viewer().try({ size: "c1", image: "debian-12" }))).toMatch(/^NotFound/);
    await makeImage("debian-12.0.20240601");
    expect(await tried("c1", "debian-12")).toBe("new");
  });

  test("refuses what is no image id, naming the field", async () => {
    expect(await failure(viewer().try({ size: "c1", image: "ubuntu" }))).toBe(
      'InvalidArgument: image: "ubuntu" is not <os>-<version>',
    );
  });

  test("answers the same however often it is asked", async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, () => tried("c1", "ubuntu-1.1")));
    expect(new Set(answers)).toEqual(new Set(["default"]));
  });
});

describe("match", () => {
  const disks = [{ name: "sda", size: 2n ** 30n }];
  const hardware = { case: "hardware" as const, value: { disks } };
  const needing = (id: string, size: bigint): LayoutInit => ({
    id,
    disks: [{ device: "/dev/sda", partitions: [{ number: 1, size }] }],
  });

  test("answers the layout if the hardware fits", async () => {
    await make(needing("small", 1024n));
    const { filesystemLayout } = await viewer().match({ id: "small", source: hardware });
    expect(filesystemLayout?.id).toBe("small");
  });

  test("says why the hardware does not fit", async () => {
    await make(needing("large", 1025n));
    expect(await failure(viewer().match({ id: "large", source: hardware }))).toBe(
      'FailedPrecondition: filesystem layout "large" does not fit: ' +
        'disk "/dev/sda" has 1024 MiB, its partitions need 1025',
    );
  });

  test("knows neither a layout nor a machine that is not there", async () => {
    expect(await failure(viewer().match({ id: "x", source: hardware }))).toBe(
      'NotFound: no filesystem layout "x"',
    );
    await make(needing("small", 1n));
    const source = { case: "machineId" as const, value: "m1" };
    expect(await failure(viewer().match({ id: "small", source }))).toBe(
      'NotFound: no machine "m1"',
    );
  });

  test("needs hardware or a machine", async () => {
    expect(await failure(viewer().match({ id: "small" }))).toMatch(/^InvalidArgument: /);
  });
});

test("a deleted layout is returned, and is in nobody's way any more", async () => {
  await make(forMachines("a", ["c1"], { ubuntu: "*" }));
  const { filesystemLayout } = await layouts().delete({ id: "a" });
  expect(filesystemLayout?.constraints?.images).toEqual({ ubuntu: "*" });
  await make(forMachines("b", ["c1"], { ubuntu: "*" }));
  expect(await failure(layouts().delete({ id: "a" }))).toBe('NotFound: no filesystem layout "a"');
});
