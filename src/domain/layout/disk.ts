// The disks of a layout and how they are divided.
import type { Disk } from "../../../gen/metal/v1/filesystem_layout_pb.ts";
import type { Report } from "../fault.ts";
import type { Devices } from "./device.ts";

/** Reports what is wrong with the disks; they and their partitions become devices. */
export function checkDisks(disks: readonly Disk[], devices: Devices, report: Report): void {
  for (const [index, { device, partitions }] of disks.entries()) {
    const path = `disks[${index}]`;
    devices.provide(device, `${path}.device`);
    if (partitions.length > 0) devices.use(device, `${path}.partitions`);
    for (const [at, { number }] of partitions.entries())
      devices.provide(partitionDevice(device, number), `${path}.partitions[${at}].number`);
    checkSizes(partitions, `${path}.partitions`, report);
  }
}

/** The rest of a disk can be given to one partition only, and it lies behind all others. */
function checkSizes(partitions: Disk["partitions"], path: string, report: Report): void {
  const last = Math.max(...partitions.map(({ number }) => number));
  for (const [at, { number, size = 0n }] of partitions.entries())
    if (size === 0n && number !== last)
      report(
        `${path}[${at}].size`,
        `0 takes what is left, which only the highest number (${last}) can`,
      );
}

/** The kernel puts a "p" between a name that ends with a digit and the number: /dev/nvme0n1p1, but /dev/sda1. */
function partitionDevice(disk: string, number: number): string {
  return /\d$/.test(disk) ? `${disk}p${number}` : `${disk}${number}`;
}
