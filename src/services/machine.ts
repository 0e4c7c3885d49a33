// MachineService: proto/metal/v1/machine.proto made real, in parts: what is shown, what is said of a machine, its BMC,
// and how it is handed out and taken back.
import type { ServiceImpl } from "@connectrpc/connect";
import type { MachineService } from "../../gen/metal/v1/machine_pb.ts";
import { allocationMethods } from "./machine/allocation.ts";
import { bmcMethods } from "./machine/bmc.ts";
import type { MachineDeps } from "./machine/deps.ts";
import { firmwareMethods } from "./machine/firmware.ts";
import { powerMethods } from "./machine/power.ts";
import { readMethods } from "./machine/read.ts";
import { stateMethods } from "./machine/state.ts";

export function machineService(deps: MachineDeps) {
  return {
    ...readMethods(deps),
    ...stateMethods(deps),
    ...allocationMethods(deps),
    ...bmcMethods(deps),
    ...powerMethods(deps),
    ...firmwareMethods(deps),
  } satisfies ServiceImpl<typeof MachineService>;
}
