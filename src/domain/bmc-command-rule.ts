// When a command for a BMC is sent, sent again, and given up: decided by the command alone and the time, so that every
// replica decides alike.
import { timestampMs } from "@bufbuild/protobuf/wkt";
import {
  type BMCCommand,
  BmcCommandState,
  BmcCommandType,
} from "../../gen/metal/v1/bmc_command_pb.ts";

/** How a kind of command is treated. Times in milliseconds. */
interface Patience {
  /** From its issue on; then nobody wants it any more. */
  readonly lifetimeMs: number;
  /** From its sending on; then it counts as lost. Doubles with each time. */
  readonly resendMs: number;
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** Somebody waits for it; much later it would do harm. */
const prompt: Patience = { lifetimeMs: 10 * minuteMs, resendMs: minuteMs };
/** The machine does not get where it should without it, however late. */
const lasting: Patience = { lifetimeMs: 24 * hourMs, resendMs: minuteMs };
/** It takes its time. */
const slow: Patience = { lifetimeMs: 2 * hourMs, resendMs: 30 * minuteMs };

const patience: ReadonlyMap<BmcCommandType, Patience> = new Map([
  [BmcCommandType.DISK, lasting],
  [BmcCommandType.FREE, lasting],
  [BmcCommandType.REINSTALL, lasting],
  [BmcCommandType.UPDATE_FIRMWARE, slow],
]);

const patienceWith = ({ type }: BMCCommand): Patience => patience.get(type) ?? prompt;

/** The longest time between two sendings, in milliseconds. */
const longestResendMs = 30 * minuteMs;
/** A command that so many sendings did not get reported may be what ends its receiver: it is given up. */
export const maxDeliveries = 20;

/** Whether nobody has told what became of it. */
export function isOpen({ state }: Pick<BMCCommand, "state">): boolean {
  return state === BmcCommandState.PENDING || state === BmcCommandState.SENT;
}

/** Why an open command is not to be carried out any more; undefined if it is. */
export function expiryReason(command: BMCCommand, nowMs: number): string | undefined {
  const { lifetimeMs } = patienceWith(command);
  if (nowMs - msOf(command.created) > lifetimeMs)
    return `not reported within ${lifetimeMs / minuteMs} minutes`;
  const isLost = command.deliveries >= maxDeliveries && isOverdue(command, nowMs);
  return isLost ? `sent ${command.deliveries} times, never reported` : undefined;
}

/** Whether a command that was sent should have been reported by now. */
export function isOverdue(command: BMCCommand, nowMs: number): boolean {
  const { resendMs } = patienceWith(command);
  const waitMs = Math.min(resendMs * 2 ** (command.deliveries - 1), longestResendMs);
  return nowMs - msOf(command.sent) >= waitMs;
}

/** Who asks for commands, and when. */
export interface Receiver {
  readonly nowMs: number;
  /** Since when it listens. What was sent before was sent to somebody else, or to itself before a restart. */
  readonly sinceMs: number;
  /** Whether a receiver that is still there has the command. */
  readonly isHeld: (id: string) => boolean;
}

/**
 * Those of the open commands that are to be sent now, in the order in which they were issued: of each machine at most
 * the first. The next follows when that one is reported or given up.
 */
export function commandsToSend(open: readonly BMCCommand[], receiver: Receiver): BMCCommand[] {
  const wanted = open.filter((command) => expiryReason(command, receiver.nowMs) === undefined);
  const first = Map.groupBy(wanted, ({ machineId }) => machineId);
  return [...first.values()].flatMap(([command]) =>
    command !== undefined && isDue(command, receiver) ? [command] : [],
  );
}

function isDue(command: BMCCommand, { nowMs, sinceMs, isHeld }: Receiver): boolean {
  if (command.state === BmcCommandState.PENDING || isOverdue(command, nowMs)) return true;
  return msOf(command.sent) < sinceMs && !isHeld(command.id);
}

function msOf(time: BMCCommand["created"]): number {
  return time === undefined ? 0 : timestampMs(time);
}
