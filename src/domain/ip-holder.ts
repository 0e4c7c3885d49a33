// Which machines an IP may be marked for. A mark keeps the address from being freed and lets the machine announce it, and
// it ends with the machine's allocation: so it has to be true.
import type { IP } from "../../gen/metal/v1/ip_pb.ts";
import type { Transaction } from "../store/store.ts";
import { precondition } from "./errors.ts";
import { machinesOf } from "./ip.ts";

/**
 * Throws failed_precondition unless every machine that `after` is marked for, and `before` is not, is allocated to the
 * project of the IP, and none that lost its mark has the address from its allocation.
 */
export async function assertHolders(
  { machine: machines }: Pick<Transaction, "machine">,
  after: IP,
  before?: IP,
): Promise<void> {
  const [now, earlier] = [machinesOf(after), before === undefined ? [] : machinesOf(before)];
  for (const id of now.filter((one) => !earlier.includes(one))) {
    const { allocation } = (await machines.get(id)) ?? {};
    if (allocation?.projectId !== after.projectId)
      throw precondition(`tags: project "${after.projectId}" has no machine "${id}"`);
  }
  for (const id of earlier.filter((one) => !now.includes(one))) {
    const { allocation } = (await machines.get(id)) ?? {};
    if (allocation?.networks.some(({ ips }) => ips.includes(after.id)))
      throw precondition(`tags: machine "${id}" was allocated with IP "${after.id}", and keeps it`);
  }
}
