// Gives up commands that nobody reported in time, whether or not somebody listens.
import { type BMCCommand, BmcCommandState } from "../../../gen/metal/v1/bmc_command_pb.ts";
import { finishCommand } from "../../domain/bmc-command.ts";
import { expiryReason } from "../../domain/bmc-command-rule.ts";
import { every } from "../../domain/every.ts";
import type { Store } from "../../store/store.ts";

/** Gives up what is too old at `nowMs`, in milliseconds since 1970. Returns how many commands that were. */
export async function expireCommands(
  store: Pick<Store, "read" | "transaction">,
  nowMs: number,
): Promise<number> {
  let expired = 0;
  for (const state of [BmcCommandState.PENDING, BmcCommandState.SENT])
    for await (const command of every(store.read.bmcCommand, "bmcCommand", {
      where: { state: `${state}` },
    }))
      if (await expire(store, command, nowMs)) expired += 1;
  return expired;
}

/** One command in a transaction of its own; one that was reported meanwhile stays as it is. */
async function expire(
  store: Pick<Store, "transaction">,
  command: BMCCommand,
  nowMs: number,
): Promise<boolean> {
  const error = expiryReason(command, nowMs);
  if (error === undefined) return false;
  return store.transaction(async (tx) => {
    const current = await tx.bmcCommand.get(command.id);
    if (current === undefined || current.generation !== command.generation) return false;
    await finishCommand(tx, current, { state: BmcCommandState.EXPIRED, error, nowMs });
    return true;
  });
}
