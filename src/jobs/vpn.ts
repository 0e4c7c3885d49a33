// Follows firewalls in the VPN: notes whether they are in it, and puts out what is left of those that were freed.
import { type Machine, MachineRole } from "../../gen/metal/v1/machine_pb.ts";
import { every } from "../domain/every.ts";
import {
  type Connection,
  connectionOf,
  isNodeOf,
  machineOfNode,
} from "../domain/vpn-connection.ts";
import type { Store, Transaction } from "../store/store.ts";
import type { Vpn, VpnNode } from "../vpn/vpn.ts";
import { inBatches } from "./batch.ts";

/** Compares all firewalls with all nodes. Rejects with unavailable if the VPN does not answer. */
export async function followVpn(
  store: Pick<Store, "read" | "transaction">,
  vpn: Vpn,
): Promise<void> {
  const nodes = await vpn.nodes();
  const byMachine = Map.groupBy(nodes, (node) => machineOfNode(node) ?? "");
  const nodesOf = ({ id }: Machine) => byMachine.get(id) ?? [];
  const where = { role: `${MachineRole.FIREWALL}` };
  const changed: string[] = [];
  for await (const firewall of every(store.read.machine, "machine", { where }))
    if (isNews(firewall, connectionOf(firewall, nodesOf(firewall)))) changed.push(firewall.id);
  await inBatches(store, changed, async (tx, id) => {
    const firewall = await tx.machine.get(id);
    if (firewall !== undefined) await note(tx, firewall, nodesOf(firewall));
  });
  byMachine.delete("");
  for (const [id, own] of byMachine) await putOut(vpn, own, await store.read.machine.get(id));
}

function isNews({ allocation }: Machine, { connected, ips }: Connection): boolean {
  const vpn = allocation?.vpn;
  if (vpn === undefined) return false;
  return vpn.connected !== connected || vpn.ips.join() !== ips.join();
}

async function note(tx: Transaction, firewall: Machine, nodes: readonly VpnNode[]): Promise<void> {
  const { connected, ips } = connectionOf(firewall, nodes);
  const vpn = firewall.allocation?.vpn;
  if (vpn === undefined || !isNews(firewall, { connected, ips })) return;
  Object.assign(vpn, { connected, ips });
  await tx.machine.update(firewall);
  const secret = connected ? await tx.machineSecret.get(firewall.id) : undefined;
  // The key was good for this one time.
  if (secret && secret.vpnAuthKey !== "")
    await tx.machineSecret.update({ ...secret, vpnAuthKey: "" });
}

/** Nodes named after a machine that is something else now. Of a machine that there is not nothing is known: they stay. */
async function putOut(vpn: Vpn, nodes: readonly VpnNode[], machine: Machine | undefined) {
  if (machine === undefined) return;
  for (const node of nodes.filter((one) => !isNodeOf(one, machine))) await vpn.deleteNode(node.id);
}
