// The methods of MachineService that hand machines to projects and take them back.
import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import { MachineRole, type MachineService } from "../../../gen/metal/v1/machine_pb.ts";
import { allocate } from "../../domain/allocation/allocate.ts";
import { type Done, free } from "../../domain/allocation/free.ts";
import type { Chance } from "../../domain/allocation/pick.ts";
import { reinstall } from "../../domain/allocation/reinstall.ts";
import { readMachineId } from "../../domain/machine.ts";
import { viewMachine } from "../../domain/machine-view.ts";
import { callOf } from "../../rbac/call.ts";
import type { Deps } from "../deps.ts";

type Methods = Pick<ServiceImpl<typeof MachineService>, "allocate" | "free" | "reinstall">;

export function allocationMethods({ read, change }: Deps): Methods {
  const shown = async ({ machine, commandId }: Done) => ({
    machine: await viewMachine(read, machine),
    commandId,
  });
  return {
    async allocate(request, context) {
      const spec = { ...request, role: MachineRole.MACHINE, creator: creatorOf(context) };
      const machine = await change(context, (tx) => allocate(tx, spec, chance()));
      return { machine: await viewMachine(read, machine) };
    },
    async free({ id }, context) {
      const nowMs = Date.now();
      return shown(await change(context, (tx) => free(tx, readMachineId("id", id), { nowMs })));
    },
    async reinstall({ id, imageId }, context) {
      const nowMs = Date.now();
      const wanted = { id: readMachineId("id", id), imageId, nowMs };
      return shown(await change(context, (tx) => reinstall(tx, wanted)));
    },
  };
}

/** The id of the caller. */
export function creatorOf({ values }: HandlerContext): string {
  return callOf(values).principal?.id ?? "";
}

/** Now, and true chance. */
export function chance(): Chance {
  return { nowMs: Date.now(), random: Math.random };
}
