// The methods of MachineService that show machines.
import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import type {
  Machine,
  MachineService,
  MachineServiceWatchRequest,
} from "../../../gen/metal/v1/machine_pb.ts";
import { seen } from "../../domain/entity.ts";
import { viewMachines, withHistory } from "../../domain/machine-view.ts";
import { principalKey } from "../../rbac/call.ts";
import { demandMachines } from "../../rbac/demand.ts";
import type { Snapshot } from "../../store/store.ts";
import { listOf } from "../list.ts";
import { answerOf } from "./answer.ts";
import type { MachineDeps } from "./deps.ts";
import { machineFilter } from "./filter.ts";
import { issueMethods } from "./issues.ts";
import { watchMachines } from "./watch.ts";

type Methods = Pick<ServiceImpl<typeof MachineService>, "get" | "list" | "watch" | "listIssues">;

export function readMethods(deps: MachineDeps): Methods {
  const { read } = deps;
  return {
    ...issueMethods(deps),
    async get({ id }, context) {
      await demandMachines(context.values, [id]);
      const key = id.toLowerCase();
      // Together, because each may be a way to another machine and back.
      const [machine, history] = await Promise.all([
        seen(read.machine, "machine", key),
        read.machineHistory.peek(key),
      ]);
      return answerOf(withHistory(await withSecrets(read, machine, context), history));
    },
    async list(request) {
      const where = machineFilter(request);
      const { items, nextPageToken } = await listOf(read.machine, "machine", { request, where });
      return { machines: await viewMachines(read, items), nextPageToken };
    },
    watch(request: MachineServiceWatchRequest, { signal }) {
      return watchMachines(deps, request, signal);
    },
  };
}

/** The program that installs a machine. It is shown what is installed, secrets included, and nobody else is. */
const installer = "metal-hammer";

async function withSecrets(
  read: Pick<Snapshot, "machineSecret">,
  machine: Machine,
  { values }: HandlerContext,
): Promise<Machine> {
  const { component, machine: own = machine.id } = values.get(principalKey) ?? {};
  const { id, allocation } = machine;
  if (component !== installer || own.toLowerCase() !== id || allocation === undefined)
    return machine;
  const secret = await read.machineSecret.get(id);
  if (secret?.allocationUuid !== allocation.uuid) return machine;
  const { userData, vpnAuthKey: authKey } = secret;
  const vpn = allocation.vpn && { ...allocation.vpn, authKey };
  return { ...machine, allocation: { ...allocation, userData, ...(vpn && { vpn }) } };
}
