// What a machine tells of its BMC when it registers, joined with what is known of it: what it leaves out stays.
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { MachineIPMI } from "../../../gen/api/v1/boot_pb.ts";
import type { Machine } from "../../../gen/metal/v1/machine_pb.ts";
import type { Transaction } from "../../store/store.ts";
import { bmcOf, given, joinFru, keepBmc } from "../machine-bmc.ts";

/** Notes what a machine tells of its BMC at `nowMs`, and where the machine stands even if it tells nothing. */
export async function noteBmc(
  tx: Pick<Transaction, "machineBmc">,
  machine: Pick<Machine, "id" | "partitionId">,
  { sent, nowMs }: { readonly sent: MachineIPMI | undefined; readonly nowMs: number },
): Promise<void> {
  const { record, bmc } = await bmcOf(tx, machine);
  if (sent !== undefined) {
    const { address, mac, interface: protocol, bmcVersion, powerState, user, password } = sent;
    Object.assign(bmc, given({ address, mac, interface: protocol, bmcVersion, powerState }));
    // A password belongs to its user: a new user without one has none.
    if (user !== "") Object.assign(record, { user, password });
    bmc.fru = joinFru(bmc.fru, sent.fru);
    bmc.lastUpdated = timestampFromMs(nowMs);
  }
  await keepBmc(tx, record);
}
