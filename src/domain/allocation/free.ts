// Takes a machine back from its project: addresses, autonomous system, secrets, switch ports and tags go with the
// allocation, and its BMC is told to boot it anew, all on one transaction.
import { create } from "@bufbuild/protobuf";
import { BmcCommandType } from "../../../gen/metal/v1/bmc_command_pb.ts";
import {
  type Machine,
  MachineLEDSchema,
  MachineLedValue,
} from "../../../gen/metal/v1/machine_pb.ts";
import type { Transaction } from "../../store/store.ts";
import { issueCommand } from "../bmc-command.ts";
import { found } from "../entity.ts";
import { precondition } from "../errors.ts";
import { isLocked } from "../machine.ts";
import { recordEvent } from "../machine-history.ts";
import { bootVrf, movePorts } from "../machine-port.ts";
import { giveAsn } from "./asn.ts";
import { leaveNetworks } from "./network.ts";

/** What was done with a machine. */
export interface Done {
  readonly machine: Machine;
  /** The id of the command to its BMC; empty if nothing is known of that. */
  readonly commandId: string;
}

/**
 * Frees a machine. One that is not allocated is booted anew all the same. Throws not_found, and failed_precondition if
 * it is locked.
 */
export async function free(
  tx: Transaction,
  id: string,
  { nowMs }: { readonly nowMs: number },
): Promise<Done> {
  const machine = await found(tx.machine, "machine", id);
  if (isLocked(machine))
    throw precondition(`machine "${id}" is locked: ${machine.state?.description}`);
  await release(tx, machine);
  await movePorts(tx, id, bootVrf);
  // Whoever is to find a machine by its light is to find the one that it was lit for.
  const isLit = machine.led?.value === MachineLedValue.ON;
  if (isLit) machine.led = create(MachineLEDSchema, { value: MachineLedValue.OFF });
  const event = { event: "Machine Reclaim", message: "the machine was freed" } as const;
  await recordEvent(tx, id, { ...event, time: nowMs });
  const kept = await tx.machine.update(machine);
  const command = await issueCommand(tx, kept, { type: BmcCommandType.FREE, issuer: "" });
  if (isLit) await issueCommand(tx, kept, { type: BmcCommandType.LED_OFF, issuer: "" });
  return { machine: kept, commandId: command?.id ?? "" };
}

/** Takes from the machine what came with its allocation. */
async function release(tx: Transaction, machine: Machine): Promise<void> {
  const { id, allocation } = machine;
  if (allocation !== undefined) {
    await leaveNetworks(tx, id);
    await giveAsn(tx, allocation.networks[0]?.asn ?? 0);
  }
  if ((await tx.machineSecret.get(id)) !== undefined) await tx.machineSecret.delete(id);
  machine.allocation = undefined;
  machine.tags = [];
  machine.waiting = false;
}
