// Filesystem layouts: what one may consist of, and which machines get it.
import type { FilesystemLayout } from "../../gen/metal/v1/filesystem_layout_pb.ts";
import { assertFaultless, type Fault, type Report } from "./fault.ts";
import { accepts, checkImageRules, ruleFor } from "./image-rule.ts";
import type { ImageId } from "./image-version.ts";
import { Devices } from "./layout/device.ts";
import { checkDisks } from "./layout/disk.ts";
import { checkFilesystems } from "./layout/filesystem.ts";
import { checkRaid, checkVolumes } from "./layout/volume.ts";

/** Throws invalid_argument that names everything that is wrong with a layout, beyond the rules in its proto. */
export function assertLayout(layout: FilesystemLayout): void {
  assertFaultless("filesystem_layout", layoutFaults(layout));
}

/**
 * Everything that is wrong with a layout; empty if nothing is. Its parts are looked at in the order in which an
 * installer makes them, so that each finds the devices that those before it provide.
 */
export function layoutFaults(layout: FilesystemLayout): Fault[] {
  const faults: Fault[] = [];
  const report: Report = (path, reason) => faults.push({ path, reason });
  const devices = new Devices(report);
  checkDisks(layout.disks, devices, report);
  checkRaid(layout.raid, devices, report);
  checkVolumes(layout, devices, report);
  checkFilesystems(layout.filesystems, devices, report);
  checkSizes(layout.constraints?.sizes ?? [], report);
  checkImageRules(layout.constraints?.images ?? {}, "constraints.images", report);
  return faults;
}

function checkSizes(sizes: readonly string[], report: Report): void {
  for (const [index, size] of sizes.entries()) {
    const path = `constraints.sizes[${index}]`;
    if (size.includes("*")) report(path, `"${size}" is not a size; name each one`);
    if (sizes.indexOf(size) < index) report(path, `"${size}" is there already`);
  }
}

/** Is the layout for machines of this size with this image? Never without a size and an image in its constraints. */
export function isFor({ constraints }: FilesystemLayout, size: string, image: ImageId): boolean {
  if (!constraints?.sizes.includes(size)) return false;
  const rule = ruleFor(constraints.images, image.os);
  return rule !== undefined && accepts(rule, image.version);
}
