// FirewallService: proto/metal/v1/firewall.proto made real. A firewall is a machine with rules; everything else is done
// with it as with any machine.
import type { ServiceImpl } from "@connectrpc/connect";
import type { FirewallService } from "../../gen/metal/v1/firewall_pb.ts";
import { MachineRole } from "../../gen/metal/v1/machine_pb.ts";
import { allocate } from "../domain/allocation/allocate.ts";
import { notFound } from "../domain/errors.ts";
import { viewMachine, viewMachines } from "../domain/machine-view.ts";
import { allocateWithVpn, type VpnAllocationDeps } from "./firewall/vpn.ts";
import { listOf } from "./list.ts";
import { chance, creatorOf } from "./machine/allocation.ts";
import { machineFilter } from "./machine/filter.ts";

export function firewallService(deps: VpnAllocationDeps) {
  const { read } = deps;
  return {
    async get({ id }) {
      const firewall = await read.machine.get(id.toLowerCase());
      if (firewall?.allocation?.role !== MachineRole.FIREWALL)
        throw notFound(`no firewall "${id}"`);
      return { firewall: await viewMachine(read, firewall) };
    },
    async list(request) {
      const where = machineFilter({ ...request, role: MachineRole.FIREWALL });
      const { items, nextPageToken } = await listOf(read.machine, "machine", { request, where });
      return { firewalls: await viewMachines(read, items), nextPageToken };
    },
    async allocate(request, context) {
      const spec = { ...request, role: MachineRole.FIREWALL, creator: creatorOf(context) };
      const firewall = await allocateWithVpn(deps, context, (tx) => allocate(tx, spec, chance()));
      return { firewall };
    },
  } satisfies ServiceImpl<typeof FirewallService>;
}
