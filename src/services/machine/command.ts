// Commands that people give to the BMC of a machine.
import type { HandlerContext } from "@connectrpc/connect";
import type { BMCCommand } from "../../../gen/metal/v1/bmc_command_pb.ts";
import type { Machine } from "../../../gen/metal/v1/machine_pb.ts";
import { type BmcOrder, issueCommand } from "../../domain/bmc-command.ts";
import { precondition } from "../../domain/errors.ts";
import { callOf } from "../../rbac/call.ts";
import type { Transaction } from "../../store/store.ts";

/** Who gives the commands of a call. */
export function issuerOf({ values }: HandlerContext): string {
  return callOf(values).principal?.id ?? "";
}

/** Issues a command. Throws failed_precondition if no BMC could carry it out. */
export async function command(
  tx: Transaction,
  machine: Machine,
  order: BmcOrder,
): Promise<BMCCommand> {
  const issued = await issueCommand(tx, machine, order);
  if (issued !== undefined) return issued;
  throw precondition(`machine "${machine.id}" has no BMC that is known in a partition`);
}
