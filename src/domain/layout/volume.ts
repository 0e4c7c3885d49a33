// Devices that are combined, and what is cut from them: arrays, volume groups, logical volumes.
import {
  type FilesystemLayout,
  type LogicalVolume,
  LvmType,
  type Raid,
} from "../../../gen/metal/v1/filesystem_layout_pb.ts";
import type { Report } from "../fault.ts";
import { checkOptions, type Devices } from "./device.ts";

/** Reports what is wrong with the arrays, each of which may use those before it. They become devices. */
export function checkRaid(arrays: readonly Raid[], devices: Devices, report: Report): void {
  for (const [index, { arrayName, devices: members, createOptions }] of arrays.entries()) {
    const path = `raid[${index}]`;
    useAll(members, `${path}.devices`, devices);
    devices.provide(arrayName, `${path}.array_name`);
    checkOptions(createOptions, `${path}.create_options`, report);
  }
}

/** Reports what is wrong with volume groups and logical volumes. The latter become devices. */
export function checkVolumes(layout: FilesystemLayout, devices: Devices, report: Report): void {
  const groups = sizesOfGroups(layout, report);
  for (const [index, group] of layout.volumeGroups.entries())
    useAll(group.devices, `volume_groups[${index}].devices`, devices);
  for (const [index, volume] of layout.logicalVolumes.entries()) {
    const path = `logical_volumes[${index}]`;
    checkGroup(volume, groups, { path, report });
    if ((volume.size ?? 0n) === 0n && hasSuccessor(layout.logicalVolumes, index))
      report(`${path}.size`, "0 takes what is left, which only the last volume of its group can");
    devices.provide(`/dev/${volume.volumeGroup}/${volume.name}`, `${path}.name`);
  }
}

function useAll(members: readonly string[], path: string, devices: Devices): void {
  for (const [index, member] of members.entries()) devices.use(member, `${path}[${index}]`);
}

/** How many devices each group has. */
function sizesOfGroups({ volumeGroups }: FilesystemLayout, report: Report): Map<string, number> {
  const groups = new Map<string, number>();
  for (const [index, { name, devices }] of volumeGroups.entries()) {
    if (groups.has(name))
      report(`volume_groups[${index}].name`, `there is a group "${name}" already`);
    groups.set(name, devices.length);
  }
  return groups;
}

const leastDevices: ReadonlyMap<LvmType, number> = new Map<LvmType, number>([
  [LvmType.STRIPED, 2],
  [LvmType.RAID1, 2],
]);

function checkGroup(
  { volumeGroup, lvmType }: LogicalVolume,
  groups: ReadonlyMap<string, number>,
  { path, report }: { readonly path: string; readonly report: Report },
): void {
  const count = groups.get(volumeGroup);
  const least = leastDevices.get(lvmType) ?? 1;
  if (count === undefined)
    return report(`${path}.volume_group`, `no group "${volumeGroup}" in volume_groups`);
  if (count < least)
    report(`${path}.lvm_type`, `needs ${least} devices, group "${volumeGroup}" has ${count}`);
}

function hasSuccessor(volumes: readonly LogicalVolume[], index: number): boolean {
  const group = volumes[index]?.volumeGroup;
  return volumes.slice(index + 1).some(({ volumeGroup }) => volumeGroup === group);
}
