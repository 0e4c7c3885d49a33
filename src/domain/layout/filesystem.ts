// The filesystems of a layout: what they are made on and where they are mounted.
import { posix } from "node:path";
import { type Filesystem, FilesystemFormat } from "../../../gen/metal/v1/filesystem_layout_pb.ts";
import type { Report } from "../fault.ts";
import { checkOptions, type Devices } from "./device.ts";

/** Reports what is wrong with the filesystems. Those in memory need no device. */
export function checkFilesystems(
  filesystems: readonly Filesystem[],
  devices: Devices,
  report: Report,
): void {
  for (const [index, { device, format, createOptions }] of filesystems.entries()) {
    const path = `filesystems[${index}]`;
    if (format !== FilesystemFormat.TMPFS) devices.use(device, `${path}.device`);
    checkOptions(createOptions, `${path}.create_options`, report);
  }
  checkMountPoints(filesystems, report);
}

/** What does not begin with a slash is no mount point: swap has "none" there, for example. */
function checkMountPoints(filesystems: readonly Filesystem[], report: Report): void {
  const taken = new Map<string, string>();
  for (const [index, { path }] of filesystems.entries()) {
    const [here, point] = [`filesystems[${index}].path`, mountPoint(path)];
    const other = taken.get(point);
    if (other !== undefined) report(here, `${other} is mounted at "${path}" already`);
    if (point !== "") taken.set(point, here);
  }
}

/** "/var/lib/" and "/var//lib" are one place. */
function mountPoint(path: string): string {
  if (!path.startsWith("/")) return "";
  return posix.normalize(`${path}/`);
}
