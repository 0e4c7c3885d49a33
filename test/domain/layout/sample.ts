// Layouts to begin with: one that uses everything, and parts to break it with.
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import {
  type FilesystemLayout,
  FilesystemLayoutSchema,
  FilesystemFormat,
  GptType,
  LvmType,
  RaidLevel,
} from "../../../gen/metal/v1/filesystem_layout_pb.ts";

export type LayoutInit = Exclude<MessageInitShape<typeof FilesystemLayoutSchema>, FilesystemLayout>;

export const { VFAT, EXT4, TMPFS, SWAP } = {
  VFAT: FilesystemFormat.VFAT,
  EXT4: FilesystemFormat.EXT4,
  TMPFS: FilesystemFormat.TMPFS,
  SWAP: FilesystemFormat.SWAP,
};

const mirrorOf = (device: string) => ({
  device,
  wipeOnReinstall: true,
  partitions: [
    { number: 1, label: "efi", size: 500n, gptType: GptType.GPT_TYPE_EF00 },
    { number: 2, label: "os", size: 20_000n, gptType: GptType.GPT_TYPE_FD00 },
    { number: 3, label: "data", size: 0n, gptType: GptType.GPT_TYPE_8E00 },
  ],
});

/** Two disks, an array, a volume group of two volumes, swap on a whole disk, something in memory. */
export const full: LayoutInit = {
  id: "full",
  name: "Full",
  description: "everything at once",
  disks: [mirrorOf("/dev/sda"), mirrorOf("/dev/sdb"), { device: "/dev/nvme0n1" }],
  raid: [
    {
      arrayName: "/dev/md1",
      level: RaidLevel.RAID_LEVEL_1,
      devices: ["/dev/sda2", "/dev/sdb2"],
      createOptions: ["--metadata", "1.0"],
    },
  ],
  volumeGroups: [{ name: "vg00", devices: ["/dev/sda3", "/dev/sdb3"], tags: ["csi"] }],
  logicalVolumes: [
    { name: "log", volumeGroup: "vg00", size: 1000n, lvmType: LvmType.STRIPED },
    { name: "data", volumeGroup: "vg00", size: 0n, lvmType: LvmType.RAID1 },
  ],
  filesystems: [
    { path: "/boot/efi", device: "/dev/sda1", format: VFAT, createOptions: ["-F", "32"] },
    { path: "/", device: "/dev/md1", format: EXT4, label: "root" },
    { path: "/var/log", device: "/dev/vg00/log", format: EXT4 },
    { path: "/var/lib", device: "/dev/vg00/data", format: EXT4 },
    { device: "/dev/nvme0n1", format: SWAP },
    { path: "/tmp", device: "tmpfs", format: TMPFS, mountOptions: ["defaults", "size=512M"] },
  ],
  constraints: { sizes: ["c1-large"], images: { ubuntu: ">= 22.04", debian: "*" } },
};

export const layout = (values: LayoutInit = full): FilesystemLayout =>
  create(FilesystemLayoutSchema, values);

/** A layout of nothing but its constraints. */
export const forMachines = (
  id: string,
  sizes: string[],
  images: Record<string, string>,
): FilesystemLayout => layout({ id, constraints: { sizes, images } });
