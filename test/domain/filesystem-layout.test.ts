// What a layout may consist of, and which machines get it.
import { create, type UnknownEnum } from "@bufbuild/protobuf";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  FilesystemFormat,
  FilesystemLayoutSchema,
  LvmType,
  RaidLevel,
} from "../../gen/metal/v1/filesystem_layout_pb.ts";
import { assertLayout, isFor, layoutFaults } from "../../src/domain/filesystem-layout.ts";
import { parseImageQuery } from "../../src/domain/image-version.ts";
import { assertValid } from "../../src/domain/validation.ts";
import { EXT4, forMachines, full, layout, type LayoutInit, SWAP, TMPFS } from "./layout/sample.ts";

const faultsOf = (values: LayoutInit) =>
  layoutFaults(layout(values)).map(({ path, reason }) => `${path}: ${reason}`);

const disk = (device: string, ...sizes: readonly (readonly [number, bigint])[]) => ({
  device,
  partitions: sizes.map(([number, size]) => ({ number, size })),
});
const sda = disk("/dev/sda", [1, 500n], [2, 500n], [3, 0n]);
const sdb = disk("/dev/sdb", [1, 500n], [2, 0n]);
const volume = (name: string, size = 10n, lvmType: LvmType = LvmType.LINEAR, group = "vg00") => ({
  name,
  size,
  lvmType,
  volumeGroup: group,
});
const two = { name: "vg00", devices: ["/dev/sda1", "/dev/sda2"] };
const one = { name: "vg00", devices: ["/dev/sda1"] };
const mirror = {
  arrayName: "/dev/md0",
  level: RaidLevel.RAID_LEVEL_1,
  devices: ["/dev/sda1", "/dev/sdb1"],
};
const ext4 = (device: string, path = "") => ({ device, path, format: EXT4 });

describe("valid", () => {
  test.each<[string, LayoutInit]>([
    ["everything at once", full],
    ["nothing at all", {}],
    ["a disk that is left alone", { disks: [{ device: "/dev/sda" }] }],
    ["partitions of fixed sizes only", { disks: [disk("/dev/sda", [1, 10n], [2, 20n])] }],
    ["numbers in any order and with gaps", { disks: [disk("/dev/sda", [9, 0n], [2, 20n])] }],
    [
      "a filesystem on a whole disk",
      { disks: [disk("/dev/sda")], filesystems: [ext4("/dev/sda")] },
    ],
    [
      "a partition of a disk whose name ends with a digit",
      { disks: [disk("/dev/nvme0n1", [1, 0n])], filesystems: [ext4("/dev/nvme0n1p1", "/")] },
    ],
    [
      "a filesystem on an array",
      { disks: [sda, sdb], raid: [mirror], filesystems: [ext4("/dev/md0", "/")] },
    ],
    [
      "an array of arrays that precede it",
      {
        disks: [disk("/dev/sda", [1, 1n], [2, 1n])],
        raid: [
          { ...mirror, devices: ["/dev/sda1"] },
          { ...mirror, arrayName: "/dev/md1", devices: ["/dev/md0", "/dev/sda2"] },
        ],
      },
    ],
    [
      "a volume group on an array",
      { disks: [sda, sdb], raid: [mirror], volumeGroups: [{ name: "a", devices: ["/dev/md0"] }] },
    ],
    [
      "a linear volume on one device",
      { disks: [sda], volumeGroups: [one], logicalVolumes: [volume("a")] },
    ],
    [
      "the rest for the last volume",
      { disks: [sda], volumeGroups: [two], logicalVolumes: [volume("a"), volume("b", 0n)] },
    ],
    [
      "any number of filesystems in memory",
      {
        filesystems: [
          { path: "/tmp", device: "tmpfs", format: TMPFS },
          { path: "/run/x", device: "tmpfs", format: TMPFS },
        ],
      },
    ],
    [
      "several that are mounted nowhere, however that is written",
      {
        disks: [sda],
        filesystems: [
          { device: "/dev/sda1", format: SWAP },
          { device: "/dev/sda2", format: SWAP, path: "none" },
          { device: "/dev/sda3", format: SWAP, path: "none" },
        ],
      },
    ],
    ["sizes without images", { constraints: { sizes: ["c1"] } }],
    ["images without sizes", { constraints: { images: { ubuntu: "*", debian: "12" } } }],
  ])("%s", (_, values) => {
    expect(faultsOf(values)).toEqual([]);
    expect(() => assertLayout(layout(values))).not.toThrow();
  });
});

describe("refused", () => {
  test.each<[string, LayoutInit, string[]]>([
    [
      "a partition number twice on a disk",
      { disks: [disk("/dev/sda", [1, 1n], [1, 2n])] },
      [
        'disks[0].partitions[1].number: device "/dev/sda1" comes from disks[0].partitions[0].number already',
      ],
    ],
    [
      "a disk twice",
      { disks: [disk("/dev/sda"), disk("/dev/sda")] },
      ['disks[1].device: device "/dev/sda" comes from disks[0].device already'],
    ],
    [
      "the rest for a partition that is not the last",
      { disks: [disk("/dev/sda", [1, 0n], [2, 20n])] },
      ["disks[0].partitions[0].size: 0 takes what is left, which only the highest number (2) can"],
    ],
    [
      "two partitions that take the rest, also with numbers left out",
      { disks: [disk("/dev/sda", [3, 0n], [7, 0n])] },
      ["disks[0].partitions[0].size: 0 takes what is left, which only the highest number (7) can"],
    ],
    [
      "a filesystem on a device that nothing provides, mounted or not",
      { disks: [sda], filesystems: [ext4("/dev/sda4", "/"), ext4("/dev/sdb1")] },
      [
        'filesystems[0].device: no device "/dev/sda4" comes from disks, raid or logical_volumes',
        'filesystems[1].device: no device "/dev/sdb1" comes from disks, raid or logical_volumes',
      ],
    ],
    [
      "a filesystem on an array that is not there",
      { disks: [sda], filesystems: [ext4("/dev/md0", "/")] },
      ['filesystems[0].device: no device "/dev/md0" comes from disks, raid or logical_volumes'],
    ],
    [
      "a part of an array that is not there",
      { disks: [sda], raid: [mirror] },
      ['raid[0].devices[1]: no device "/dev/sdb1" comes from disks, raid or logical_volumes'],
    ],
    [
      "an array of arrays that follow it",
      {
        disks: [sda, sdb],
        raid: [{ ...mirror, arrayName: "/dev/md1", devices: ["/dev/md0"] }, mirror],
      },
      ['raid[0].devices[0]: no device "/dev/md0" comes from disks, raid or logical_volumes'],
    ],
    [
      "an array that has the name of a disk",
      { disks: [sda, sdb], raid: [{ ...mirror, arrayName: "/dev/sdb" }] },
      ['raid[0].array_name: device "/dev/sdb" comes from disks[1].device already'],
    ],
    [
      "a device in two arrays",
      {
        disks: [sda, sdb],
        raid: [mirror, { ...mirror, arrayName: "/dev/md1", devices: ["/dev/sda1", "/dev/sda2"] }],
      },
      ['raid[1].devices[0]: device "/dev/sda1" is used by raid[0].devices[0] already'],
    ],
    [
      "a device twice in one array",
      { disks: [sda], raid: [{ ...mirror, devices: ["/dev/sda1", "/dev/sda1"] }] },
      ['raid[0].devices[1]: device "/dev/sda1" is used by raid[0].devices[0] already'],
    ],
    [
      "a device in an array and in a volume group",
      { disks: [sda, sdb], raid: [mirror], volumeGroups: [one] },
      ['volume_groups[0].devices[0]: device "/dev/sda1" is used by raid[0].devices[0] already'],
    ],
    [
      "a filesystem on a part of an array",
      { disks: [sda, sdb], raid: [mirror], filesystems: [ext4("/dev/sdb1")] },
      ['filesystems[0].device: device "/dev/sdb1" is used by raid[0].devices[1] already'],
    ],
    [
      "two filesystems on one device",
      { disks: [sda], filesystems: [ext4("/dev/sda1", "/a"), ext4("/dev/sda1", "/b")] },
      ['filesystems[1].device: device "/dev/sda1" is used by filesystems[0].device already'],
    ],
    [
      "a filesystem on a disk that is divided",
      { disks: [sda], filesystems: [ext4("/dev/sda")] },
      ['filesystems[0].device: device "/dev/sda" is used by disks[0].partitions already'],
    ],
    [
      "two filesystems mounted at one path, however it is written",
      { disks: [sda], filesystems: [ext4("/dev/sda1", "/var/"), ext4("/dev/sda2", "/var")] },
      ['filesystems[1].path: filesystems[0].path is mounted at "/var" already'],
    ],
    [
      "a volume group that is there already",
      { disks: [sda], volumeGroups: [one, { ...one, devices: ["/dev/sda2"] }] },
      ['volume_groups[1].name: there is a group "vg00" already'],
    ],
    [
      "a volume of a group that is not there",
      { disks: [sda], volumeGroups: [two], logicalVolumes: [volume("a", 1n, LvmType.LINEAR, "b")] },
      ['logical_volumes[0].volume_group: no group "b" in volume_groups'],
    ],
    [
      "a mirrored or striped volume on one device",
      {
        disks: [sda],
        volumeGroups: [one],
        logicalVolumes: [volume("a", 1n, LvmType.RAID1), volume("b", 1n, LvmType.STRIPED)],
      },
      [
        'logical_volumes[0].lvm_type: needs 2 devices, group "vg00" has 1',
        'logical_volumes[1].lvm_type: needs 2 devices, group "vg00" has 1',
      ],
    ],
    [
      "the rest for a volume that is not the last",
      { disks: [sda], volumeGroups: [two], logicalVolumes: [volume("a", 0n), volume("b")] },
      [
        "logical_volumes[0].size: 0 takes what is left, which only the last volume of its group can",
      ],
    ],
    [
      "two volumes of one group and name",
      { disks: [sda], volumeGroups: [two], logicalVolumes: [volume("a"), volume("a")] },
      ['logical_volumes[1].name: device "/dev/vg00/a" comes from logical_volumes[0].name already'],
    ],
    [
      "arguments that are not split",
      {
        disks: [sda, sdb],
        raid: [{ ...mirror, createOptions: ["--metadata 1.0"] }],
        filesystems: [{ ...ext4("/dev/md0"), createOptions: ["-q", "-F 32"] }],
      },
      [
        'raid[0].create_options[0]: "--metadata 1.0" has blanks; write each argument as one entry',
        'filesystems[0].create_options[1]: "-F 32" has blanks; write each argument as one entry',
      ],
    ],
    [
      "a size for all, and one twice",
      { constraints: { sizes: ["*", "c1", "c2", "c1"] } },
      [
        'constraints.sizes[0]: "*" is not a size; name each one',
        'constraints.sizes[3]: "c1" is there already',
      ],
    ],
    [
      "an image for all, and constraints that cannot be read",
      { constraints: { images: { "*": "*", a: ">=10.0.1", b: ">= 10.x.1" } } },
      [
        'constraints.images["*"]: "*" is not an operating system; name each one',
        'constraints.images["a"]: version constraint ">=10.0.1" needs one space between operator and version',
        'constraints.images["b"]: version constraint ">= 10.x.1" has no version of one to three numbers in "10.x.1"',
      ],
    ],
  ])("%s", (_, values, faults) => {
    expect(faultsOf(values)).toEqual(faults);
  });

  test("everything together, each under the name of the request's field", () => {
    const broken = layout({
      disks: [disk("/dev/sda", [1, 0n], [2, 0n])],
      filesystems: [ext4("/dev/sdc1")],
      constraints: { images: { "*": "1" } },
    });
    expect(() => assertLayout(broken)).toThrow(
      "filesystem_layout.disks[0].partitions[0].size: 0 takes what is left, which only the highest number (2) can; " +
        'filesystem_layout.filesystems[0].device: no device "/dev/sdc1" comes from disks, raid or logical_volumes; ' +
        'filesystem_layout.constraints.images["*"]: "*" is not an operating system; name each one',
    );
  });

  test("with the first 20 faults and a count of the others, for an error has to be short", () => {
    const filesystems = Array.from({ length: 50 }, () => ext4("/dev/sdc1"));
    expect(() => assertLayout(layout({ filesystems }))).toThrow(
      /filesystems\[19\].*; and 30 more$/,
    );
  });

  test("without repeating all of a long value", () => {
    const createOptions = [`a ${"b".repeat(1000)}`];
    const check = () => assertLayout(layout({ filesystems: [{ format: TMPFS, createOptions }] }));
    expect(check).toThrow(/create_options\[0]: "a b{200,260}…$/);
  });
});

/** A number that no enum has. */
const unknown = (): UnknownEnum => 99 as UnknownEnum;

describe("refused by the proto", () => {
  test.each<[string, LayoutInit, string]>([
    ["no format", { filesystems: [{ device: "/dev/sda" }] }, "filesystems[0].format: "],
    ["an unknown format", { filesystems: [{ format: unknown() }] }, "filesystems[0].format: "],
    [
      "an unknown partition type",
      { disks: [{ device: "/dev/sda", partitions: [{ number: 1, gptType: unknown() }] }] },
      "disks[0].partitions[0].gpt_type: ",
    ],
    [
      "a partition without number",
      { disks: [{ device: "/dev/sda", partitions: [{ size: 1n }] }] },
      "disks[0].partitions[0].number: ",
    ],
    [
      "a partition number beyond the table",
      { disks: [disk("/dev/sda", [200, 1n])] },
      "disks[0].partitions[0].number: ",
    ],
    ["an unknown RAID level", { raid: [{ ...mirror, level: unknown() }] }, "raid[0].level: "],
    ["an array of nothing", { raid: [{ ...mirror, devices: [] }] }, "raid[0].devices: "],
    [
      "an unknown kind of volume",
      { logicalVolumes: [{ ...volume("a"), lvmType: unknown() }] },
      "logical_volumes[0].lvm_type: ",
    ],
    ["a disk outside of /dev", { disks: [{ device: "sda" }] }, "disks[0].device: "],
    ["a group named ..", { volumeGroups: [{ ...one, name: ".." }] }, "volume_groups[0].name: "],
  ])("%s", (_, values, path) => {
    const message = layout({ id: "a", ...values });
    expect(() => assertValid(FilesystemLayoutSchema, message)).toThrow(`] ${path}`);
  });
});

describe("what must not come back", () => {
  test("a partition number larger than the number of partitions is judged, not stumbled over", () => {
    expect(faultsOf({ disks: [disk("/dev/sda", [100, 0n])] })).toEqual([]);
    expect(faultsOf({ disks: [disk("/dev/sda", [100, 5n], [200, 0n])] })).toEqual([]);
  });

  test("a filesystem that is mounted nowhere on a device that is not there is judged", () => {
    expect(faultsOf({ filesystems: [{ format: EXT4, device: "/dev/x" }] })).toHaveLength(1);
  });

  test("the last volume of each group may take the rest of its group", () => {
    const groups = [one, { name: "vg01", devices: ["/dev/sda2"] }];
    const volumes = [volume("a", 0n), volume("b", 0n, LvmType.LINEAR, "vg01")];
    expect(faultsOf({ disks: [sda], volumeGroups: groups, logicalVolumes: volumes })).toEqual([]);
  });

  test("whatever somebody sends is judged without failing", () => {
    const device = fc.constantFrom("/dev/sda", "/dev/sda1", "/dev/md0", "/dev/v/a", "");
    const number = fc.nat({ max: 3 });
    const anyLayout = fc.record({
      disks: fc.array(
        fc.record({
          device,
          partitions: fc.array(fc.record({ number, size: fc.bigInt({ min: 0n, max: 2n }) })),
        }),
      ),
      raid: fc.array(fc.record({ arrayName: device, devices: fc.array(device) })),
      volumeGroups: fc.array(
        fc.record({ name: fc.constantFrom("v", ""), devices: fc.array(device) }),
      ),
      logicalVolumes: fc.array(
        fc.record({
          name: fc.constantFrom("a", ""),
          volumeGroup: fc.constantFrom("v", ""),
          lvmType: fc.constantFrom(...Object.values(LvmType)),
          size: fc.bigInt({ min: 0n, max: 1n }),
        }),
      ),
      filesystems: fc.array(
        fc.record({
          device,
          path: fc.string(),
          format: fc.constantFrom(...Object.values(FilesystemFormat)),
        }),
      ),
      constraints: fc.record({
        sizes: fc.array(fc.string()),
        images: fc.dictionary(fc.string(), fc.string()),
      }),
    });
    fc.assert(
      fc.property(anyLayout, (values) => {
        const faults = layoutFaults(create(FilesystemLayoutSchema, values));
        for (const { path, reason } of faults) expect([path, reason]).not.toContain("");
      }),
      { numRuns: 200 },
    );
  });
});

describe("a machine gets the layout", () => {
  const image = (id: string) => {
    const parsed = parseImageQuery(id);
    if (parsed === undefined) throw new Error(`"${id}" is no image id`);
    return parsed;
  };
  const machines = forMachines("a", ["c1", "c2"], {
    ubuntu: "*",
    debian: "10.0.20200101",
    firewall: ">= 2.0.20200101",
    exact: "= 2.0.20200101",
  });

  test.each([
    ["c1", "ubuntu-20.04.20200101", true],
    ["c2", "ubuntu-20.04.20200101", true],
    ["c3", "ubuntu-20.04.20200101", false],
    ["c1", "debian-10.0.20200101", true],
    ["c1", "debian-10.0.20200102", false],
    ["c1", "firewall-2.0.20200101", true],
    ["c1", "firewall-2.0.20210131", true],
    ["c1", "firewall-2.0.20191231", false],
    ["c1", "exact-2.0.20200101", true],
    ["c1", "exact-2.0.20210101", false],
    ["c1", "centos-8.0.1", false],
    ["c1", "constructor-1.0", false],
  ])("size %s with %s: %s", (size, id, expected) => {
    expect(isFor(machines, size, image(id))).toBe(expected);
  });

  test("never if it names no size or no image", () => {
    for (const one of [
      layout({ id: "a" }),
      forMachines("a", [], { ubuntu: "*" }),
      forMachines("a", ["c1"], {}),
    ])
      expect(isFor(one, "c1", image("ubuntu-22.04"))).toBe(false);
  });
});
