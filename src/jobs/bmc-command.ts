// Gives up commands that nobody reported in time, whether or not somebody listens.
import { BmcCommandState } from "../../gen/metal/v1/bmc_command_pb.ts";
import { finishCommand } from "../domain/bmc-command.ts";
import { expiryReason, isOpen } from "../domain/bmc-command-rule.ts";
import { every } from "../domain/every.ts";
import type { Store } from "../store/store.ts";
import { inBatches } from "./batch.ts";

/** Gives up what is too old at `nowMs`, in milliseconds since 1970. Returns how many commands that were. */
export async function expireCommands(
  store: Pick<Store, "read" | "transaction">,
  nowMs: number,
): Promise<number> {
  const ids: string[] = [];
  for (const state of [BmcCommandState.PENDING, BmcCommandState.SENT]) {
    const open = every(store.read.bmcCommand, "bmcCommand", { where: { state: `${state}` } });
    for await (const command of open)
      if (expiryReason(command, nowMs) !== undefined) ids.push(command.id);
  }
  let expired = 0;
  await inBatches(store, ids, async (tx, id) => {
    // It may have been reported or sent again since it was read.
    const command = await tx.bmcCommand.get(id);
    const error = command && isOpen(command) ? expiryReason(command, nowMs) : undefined;
    if (command === undefined || error === undefined) return;
    await finishCommand(tx, command, { state: BmcCommandState.EXPIRED, error, nowMs });
    expired += 1;
  });
  return expired;
}
