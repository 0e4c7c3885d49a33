// Whether the disks of a machine are what a layout divides.
import type { Disk, FilesystemLayout } from "../../../gen/metal/v1/filesystem_layout_pb.ts";
import { precondition } from "../errors.ts";
import type { Hardware } from "../size-match.ts";

const bytesPerMiB = 1024n * 1024n;

/** Sizes in bytes, by the path of the device. */
type DiskSizes = ReadonlyMap<string, bigint>;

/**
 * Throws failed_precondition that names every disk that is missing or too small for its partitions. A disk must have
 * as many whole MiB as they; what arrays and logical volumes need is not looked at.
 */
export function assertFits(layout: FilesystemLayout, disks: Hardware["disks"]): void {
  const sizes = new Map(disks.map(({ name, size }) => [devicePath(name), size]));
  const reasons = layout.disks
    .map((disk) => misfit(disk, sizes))
    .filter((reason) => reason !== undefined);
  if (reasons.length > 0)
    throw precondition(`filesystem layout "${layout.id}" does not fit: ${reasons.join("; ")}`);
}

function misfit({ device, partitions }: Disk, sizes: DiskSizes): string | undefined {
  const bytes = sizes.get(device);
  if (bytes === undefined) return `there is no disk "${device}"`;
  const [there, needed] = [
    bytes / bytesPerMiB,
    partitions.reduce((sum, { size }) => sum + (size ?? 0n), 0n),
  ];
  if (there >= needed) return undefined;
  return `disk "${device}" has ${there} MiB, its partitions need ${needed}`;
}

/** Some machines report their disks as "sda". */
function devicePath(name: string): string {
  return name.startsWith("/dev/") ? name : `/dev/${name}`;
}
