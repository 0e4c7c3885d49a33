// How installations end, and what follows from that: the switch ports, the boot order, what is known of the machine.
import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { BootInfo } from "../../../gen/api/v1/boot_pb.ts";
import { MachineSecretSchema } from "../../../gen/metal/store/v1/machine_pb.ts";
import { BmcCommandType } from "../../../gen/metal/v1/bmc_command_pb.ts";
import {
  type Machine,
  type MachineAllocation,
  type MachineBootInfo,
  MachineBootInfoSchema,
  type MachineInstallation,
  MachineInstallationSchema,
  MachineInstallationState,
  MachineNetworkType,
  MachineRole,
} from "../../../gen/metal/v1/machine_pb.ts";
import type { Transaction } from "../../store/store.ts";
import { issueCommand } from "../bmc-command.ts";
import { found } from "../entity.ts";
import { invalid, precondition } from "../errors.ts";
import { allocationOf } from "../machine.ts";
import { firewallVrf, machineVrf, movePorts } from "../machine-port.ts";

/** What an installer tells when it is done. */
export interface Report {
  readonly id: string;
  readonly success: boolean;
  /** Why it did not succeed. */
  readonly message: string;
  readonly consolePassword: string;
  readonly bootInfo: BootInfo | undefined;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
}

/**
 * Notes how an installation ended. One that failed moves neither ports nor boot order: the machine is to be looked at,
 * not to be used. Throws not_found, failed_precondition if the machine is not allocated or has no private network, and
 * invalid_argument if nothing tells what boots a system that is there.
 */
export async function reportInstallation(tx: Transaction, report: Report): Promise<void> {
  const machine = await found(tx.machine, "machine", report.id);
  const allocation = allocationOf(machine);
  allocation.installation = outcome(report);
  if (report.success) {
    if (report.bootInfo === undefined) throw invalid("boot_info: is missing");
    allocation.bootInfo = keptBootInfo(report.bootInfo, allocation.imageId);
    allocation.reinstall = false;
    await keepPassword(tx, allocation, report);
    await bootFromDisk(tx, machine, allocation);
  }
  await tx.machine.update(machine);
}

/** What an installer tells when it gives up installing again. */
export interface Abort {
  readonly id: string;
  readonly primaryDiskWiped: boolean;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
}

/**
 * Gives up installing a machine again. If its disk was not wiped it keeps the system that it had, which is returned, with
 * its network; otherwise it stays to be installed and counts as failed. Throws as `reportInstallation`.
 */
export async function abortReinstall(
  tx: Transaction,
  { id, primaryDiskWiped, nowMs }: Abort,
): Promise<MachineBootInfo | undefined> {
  const machine = await found(tx.machine, "machine", id);
  const allocation = allocationOf(machine);
  const bootInfo = primaryDiskWiped ? undefined : allocation.bootInfo;
  const message = primaryDiskWiped
    ? "installing again was aborted after the disk was wiped"
    : "installing again was aborted, and no system was there before";
  allocation.installation = outcome({ success: bootInfo !== undefined, message, nowMs });
  if (bootInfo !== undefined) {
    allocation.reinstall = false;
    allocation.imageId = bootInfo.imageId || allocation.imageId;
    await bootFromDisk(tx, machine, allocation);
  }
  await tx.machine.update(machine);
  return bootInfo;
}

/** Reasons are read by people, who need no more than so many characters of one. */
const maxMessage = 4096;

function outcome({
  success,
  message,
  nowMs,
}: Pick<Report, "success" | "message" | "nowMs">): MachineInstallation {
  const { SUCCEEDED, FAILED } = MachineInstallationState;
  return create(MachineInstallationSchema, {
    state: success ? SUCCEEDED : FAILED,
    message: success ? "" : message.slice(0, maxMessage).toWellFormed(),
    time: timestampFromMs(nowMs),
  });
}

/** The image is the one that was to be installed, whatever the installer calls it. */
function keptBootInfo(sent: BootInfo, imageId: string): MachineBootInfo {
  const { primaryDisk, osPartition, initrd, cmdline, kernel, bootloaderId } = sent;
  const system = { primaryDisk, osPartition, initrd, cmdline, kernel, bootloaderId };
  return create(MachineBootInfoSchema, { imageId, ...system });
}

/** Puts the ports where the allocation is at home, and boots from disk from now on. */
async function bootFromDisk(
  tx: Transaction,
  machine: Machine,
  allocation: MachineAllocation,
): Promise<void> {
  await movePorts(tx, machine.id, vrfOf(machine.id, allocation));
  await issueCommand(tx, machine, { type: BmcCommandType.DISK, issuer: "" });
}

const privateTypes: ReadonlySet<MachineNetworkType> = new Set([
  MachineNetworkType.PRIVATE_PRIMARY_UNSHARED,
  MachineNetworkType.PRIVATE_PRIMARY_SHARED,
]);

function vrfOf(id: string, { role, networks }: MachineAllocation): string {
  if (role === MachineRole.FIREWALL) return firewallVrf;
  const home = networks.find(({ networkType }) => privateTypes.has(networkType));
  if (home === undefined) throw precondition(`machine "${id}" has no private network`);
  return machineVrf(home.vrf);
}

async function keepPassword(
  { machineSecret }: Pick<Transaction, "machineSecret">,
  { uuid }: MachineAllocation,
  { id, consolePassword }: Report,
): Promise<void> {
  const known = await machineSecret.get(id);
  if (known?.allocationUuid === uuid) {
    await machineSecret.update({ ...known, consolePassword });
    return;
  }
  // Secrets of another allocation must not outlive it.
  if (known !== undefined) await machineSecret.delete(id);
  const secret = { id, allocationUuid: uuid, consolePassword };
  await machineSecret.insert(create(MachineSecretSchema, secret));
}
