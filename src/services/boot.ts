// BootService: proto/api/v1/boot.proto made real. The package is api.v1 instead of metal.v1, because on-site components
// speak it as metal-stack has it; otherwise this file is to its proto what its neighbours are to theirs.
import { create } from "@bufbuild/protobuf";
import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import {
  type BootInfo,
  BootInfoSchema,
  type BootService,
  type BootServiceWaitRequest,
} from "../../gen/api/v1/boot_pb.ts";
import type { MachineBootInfo } from "../../gen/metal/v1/machine_pb.ts";
import { abortReinstall, reportInstallation } from "../domain/boot/installation.ts";
import { register } from "../domain/boot/registration.ts";
import { found } from "../domain/entity.ts";
import { precondition } from "../domain/errors.ts";
import { ensureMachine } from "../domain/machine.ts";
import { recordEvent } from "../domain/machine-history.ts";
import { demandMachines } from "../rbac/demand.ts";
import { waitForAllocation, type WaitDeps } from "./boot/wait.ts";

/** What the service is given. */
export interface BootDeps extends WaitDeps {
  /** The password of the account that machines create on their BMCs; none is created without. */
  readonly superUserPassword?: string;
  readonly log: { warn(fields: object, message: string): void };
}

export function bootService(deps: BootDeps) {
  const { read, change, now, superUserPassword } = deps;
  return {
    async dhcp({ uuid }, context) {
      const id = await machineOf(context, uuid);
      await change(context, async (tx) => {
        await ensureMachine(tx, id);
        const message = "machine sent extended dhcp request";
        await recordEvent(tx, id, { event: "PXE Booting", message, time: now() });
      });
      return {};
    },
    async boot({ partitionId }) {
      const { bootConfig } = await found(read.partition, "partition", partitionId);
      if (!bootConfig?.kernelUrl)
        throw precondition(`partition "${partitionId}" does not say what machines boot`);
      const { kernelUrl: kernel, imageUrl, commandLine: cmdline } = bootConfig;
      return { kernel, initRamDisks: imageUrl === "" ? [] : [imageUrl], cmdline };
    },
    superUserPassword() {
      return {
        featureDisabled: superUserPassword === undefined,
        superUserPassword: superUserPassword ?? "",
      };
    },
    async register(sent, context) {
      const id = await machineOf(context, sent.uuid);
      const registered = await change(context, (tx) => register(tx, { id, sent, nowMs: now() }));
      const { machine, sizeId } = registered;
      if (machine.sizeId !== sizeId)
        deps.log.warn({ machine: id, size: machine.sizeId, found: sizeId }, "hardware has changed");
      return { uuid: id, size: machine.sizeId, partitionId: machine.partitionId };
    },
    async *wait({ machineId }: BootServiceWaitRequest, context) {
      const id = await machineOf(context, machineId);
      yield* waitForAllocation(deps, id, context);
    },
    async report({ uuid, success, message, consolePassword, bootInfo }, context) {
      const id = await machineOf(context, uuid);
      const report = { id, success, message, consolePassword, bootInfo, nowMs: now() };
      await change(context, (tx) => reportInstallation(tx, report));
      return {};
    },
    async abortReinstall({ uuid, primaryDiskWiped }, context) {
      const id = await machineOf(context, uuid);
      const bootInfo = await change(context, (tx) =>
        abortReinstall(tx, { id, primaryDiskWiped, nowMs: now() }),
      );
      return { ...(bootInfo && { bootInfo: sentBootInfo(bootInfo) }) };
    },
  } satisfies ServiceImpl<typeof BootService>;
}

/** The id of the machine that a caller speaks of. Refuses a caller that speaks for another one. */
async function machineOf({ values }: HandlerContext, uuid: string): Promise<string> {
  const id = uuid.toLowerCase();
  await demandMachines(values, [id]);
  return id;
}

function sentBootInfo(kept: MachineBootInfo): BootInfo {
  const { imageId, primaryDisk, osPartition, initrd, cmdline, kernel, bootloaderId } = kept;
  const system = { primaryDisk, osPartition, initrd, cmdline, kernel, bootloaderId };
  return create(BootInfoSchema, { imageId, ...system });
}
