// The books of commands for BMCs: of a machine that is there, one at a time, and none that everybody forgot.
import { timestampMs } from "@bufbuild/protobuf/wkt";
import { type BMCCommand, BmcCommandState } from "../../../gen/metal/v1/bmc_command_pb.ts";
import type { Snapshot } from "../../store/store.ts";
import { expiryReason, isOpen } from "../bmc-command-rule.ts";
import { type Check, checkOfEach } from "./check.ts";

/** An open command is given up within this time after its own, in milliseconds. */
const graceMs = 5 * 60_000;

/** The checks of commands. */
export const commandChecks: readonly Check[] = [
  checkOfEach("commands", "bmcCommand", async (read, command, nowMs) => [
    ...(isOpen(command) ? openFaults(command, nowMs) : closedFaults(command)),
    ...(await orderFaults(read, command, nowMs)),
  ]),
];

function openFaults(command: BMCCommand, nowMs: number): string[] {
  const reason = expiryReason(command, nowMs - graceMs);
  return reason === undefined ? [] : [`is still open: ${reason}`];
}

function closedFaults({ finished }: BMCCommand): string[] {
  return finished === undefined ? ["has an outcome and no end"] : [];
}

const allCommands = 500;

/** Ids grow with time, and nothing is sent before what was issued earlier is told or given up. */
async function orderFaults(read: Snapshot, command: BMCCommand, nowMs: number): Promise<string[]> {
  const { id, machineId, state } = command;
  if ((await read.machine.get(machineId)) === undefined)
    return [`there is no machine "${machineId}"`];
  const all = await read.bmcCommand.list({ where: { machine: machineId }, limit: allCommands });
  const earlier = all.slice(
    0,
    all.findIndex((one) => one.id === id),
  );
  const late = earlier.find((one) => createdMs(one) > createdMs(command));
  const isWanted = (one: BMCCommand) => isOpen(one) && expiryReason(one, nowMs) === undefined;
  const open = state === BmcCommandState.SENT ? earlier.find(isWanted) : undefined;
  return [
    ...(late === undefined ? [] : [`was issued before "${late.id}", and stands behind it`]),
    ...(open === undefined ? [] : [`was sent while "${open.id}" is open`]),
  ];
}

const createdMs = ({ created }: BMCCommand): number => (created ? timestampMs(created) : 0);
