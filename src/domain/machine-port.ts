// The switch ports that a machine is plugged into, and the VRF that they are to be in.
import type { Switch } from "../../gen/metal/v1/switch_pb.ts";
import type { Transaction } from "../store/store.ts";
import { every } from "./every.ts";
import { portKey } from "./switch-facts.ts";

/** The VRF of ports where machines boot from the network. */
export const bootVrf = "";
/** The VRF of ports of firewalls, which stand between all others. */
export const firewallVrf = "default";

/** The VRF of ports of machines whose private network has this number. */
export const machineVrf = (vrf: number): string => `vrf${vrf}`;

/** Moves all switch ports of a machine into a VRF. A switch whose ports are there already is not written. */
export async function movePorts(
  tx: Pick<Transaction, "switch">,
  machineId: string,
  vrf: string,
): Promise<void> {
  const switches = await Array.fromAsync(
    every(tx.switch, "switch", { where: { machine: machineId } }),
  );
  for (const one of switches) if (movePortsOf(one, machineId, vrf)) await tx.switch.update(one);
}

function movePortsOf({ nics, connections }: Switch, machineId: string, vrf: string): boolean {
  const keys = new Set(
    connections
      .filter((connection) => connection.machineId === machineId)
      .map(({ nic }) => (nic === undefined ? "" : portKey(nic))),
  );
  const moved = nics.filter((nic) => keys.has(portKey(nic)) && nic.vrf !== vrf);
  for (const nic of moved) nic.vrf = vrf;
  return moved.length > 0;
}
