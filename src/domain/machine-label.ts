// What the server says of an allocated machine in its tags, from what is known of the machine.
import { type Machine, MachineNetworkType } from "../../gen/metal/v1/machine_pb.ts";
import type { Transaction } from "../store/store.ts";
import type { SystemLabels } from "./machine-tag.ts";

const privateTypes: ReadonlySet<MachineNetworkType> = new Set([
  MachineNetworkType.PRIVATE_PRIMARY_UNSHARED,
  MachineNetworkType.PRIVATE_PRIMARY_SHARED,
  MachineNetworkType.PRIVATE_SECONDARY_SHARED,
]);

/** The labels of a machine. */
export async function labelsOf(
  { machineBmc }: Pick<Transaction, "machineBmc">,
  { id, rackId, allocation }: Machine,
): Promise<SystemLabels> {
  const home = allocation?.networks.find(
    ({ networkType, asn }) => privateTypes.has(networkType) && asn !== 0,
  );
  const chassisSerial = (await machineBmc.get(id))?.bmc?.fru?.chassisPartSerial ?? "";
  return { primaryAsn: home?.asn ?? 0, rackId, chassisSerial };
}
