// Installs an allocated machine again: its networks and addresses stay, its switch ports go back to where machines boot,
// and its BMC is told to boot it anew.
import { BmcCommandType } from "../../../gen/metal/v1/bmc_command_pb.ts";
import {
  type Machine,
  type MachineAllocation,
  MachineInstallationState,
  MachineInstallationSchema,
} from "../../../gen/metal/v1/machine_pb.ts";
import { create } from "@bufbuild/protobuf";
import type { Transaction } from "../../store/store.ts";
import { issueCommand } from "../bmc-command.ts";
import { found } from "../entity.ts";
import { precondition } from "../errors.ts";
import { isFor } from "../filesystem-layout.ts";
import { parseImageId } from "../image-version.ts";
import { allocationOf, isLocked } from "../machine.ts";
import { recordEvent } from "../machine-history.ts";
import { bootVrf, movePorts } from "../machine-port.ts";
import { assertAllowed } from "../size-image-constraint.ts";
import type { Done } from "./free.ts";
import { usableImage } from "./target.ts";

/** What to install. */
export interface Reinstallation {
  readonly id: string;
  /** May be in shorthand; the image that the machine has if empty. */
  readonly imageId: string;
  readonly nowMs: number;
}

/**
 * Marks a machine for installation. Throws not_found, and failed_precondition if it is locked or not allocated, its
 * layout wipes no disk, or the image is not for it.
 */
export async function reinstall(
  tx: Transaction,
  { id, imageId, nowMs }: Reinstallation,
): Promise<Done> {
  const machine = await found(tx.machine, "machine", id);
  if (isLocked(machine))
    throw precondition(`machine "${id}" is locked: ${machine.state?.description}`);
  const allocation = allocationOf(machine);
  await settleImage(tx, machine, { allocation, imageId: imageId || allocation.imageId });
  allocation.reinstall = true;
  const state = MachineInstallationState.PENDING;
  allocation.installation = create(MachineInstallationSchema, { state });
  await movePorts(tx, id, bootVrf);
  const event = { event: "Planned Reboot", message: "the machine is installed again" } as const;
  await recordEvent(tx, id, { ...event, time: nowMs });
  const kept = await tx.machine.update(machine);
  const command = await issueCommand(tx, kept, { type: BmcCommandType.REINSTALL, issuer: "" });
  return { machine: kept, commandId: command?.id ?? "" };
}

async function settleImage(
  tx: Transaction,
  { id, sizeId }: Machine,
  { allocation, imageId }: { readonly allocation: MachineAllocation; readonly imageId: string },
): Promise<void> {
  const layout = allocation.filesystemLayout;
  if (!layout?.disks.some(({ wipeOnReinstall }) => wipeOnReinstall))
    throw precondition(
      `machine "${id}" has a filesystem layout that wipes no disk at an installation`,
    );
  const image = await usableImage(tx, { imageId, role: allocation.role });
  assertAllowed(sizeId, await tx.sizeImageConstraint.get(sizeId), image);
  const parsed = parseImageId(image.id);
  const named = (layout.constraints?.sizes.length ?? 0) > 0;
  if (named && parsed !== undefined && !isFor(layout, sizeId, parsed))
    throw precondition(`filesystem layout "${layout.id}" is not for image "${image.id}"`);
  allocation.imageId = image.id;
}
