// Commands for BMCs: issued in the transaction of whatever needs them, kept until somebody tells what became of them.
import { randomUUID } from "node:crypto";
import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  type BMCCommand,
  BMCCommandSchema,
  BmcCommandState,
  BmcCommandType,
  type BMCFirmware,
} from "../../gen/metal/v1/bmc_command_pb.ts";
import type { Machine } from "../../gen/metal/v1/machine_pb.ts";
import type { Snapshot, Transaction } from "../store/store.ts";
import { isOpen } from "./bmc-command-rule.ts";
import { found } from "./entity.ts";
import { exhausted } from "./errors.ts";

/** More open commands of a machine are refused to people. */
export const maxOpenCommands = 16;
/** So many commands of a machine whose outcome is known are kept. */
const keptCommands = 20;
/** More than there can be of a machine. */
const allCommands = 500;

/** What a BMC is to do, and who says so. */
export interface BmcOrder {
  readonly type: BmcCommandType;
  /** The id of a caller; empty for the server itself, which is never refused. */
  readonly issuer: string;
  readonly firmware?: BMCFirmware;
}

type Commands = Pick<Transaction, "bmcCommand" | "machineBmc">;

/** After these, what was asked for before makes no sense any more. */
const superseding: ReadonlySet<BmcCommandType> = new Set([
  BmcCommandType.FREE,
  BmcCommandType.REINSTALL,
]);

/**
 * Issues a command for the BMC of a machine, which is sent as soon as the transaction is committed. Returns undefined,
 * and issues none, if nobody could carry it out: the address of the BMC or the partition is unknown. An order that
 * repeats the last one, which was not sent yet, is that one. Throws resource_exhausted if somebody issues more than
 * `maxOpenCommands`.
 */
export async function issueCommand(
  tx: Commands,
  { id: machineId, partitionId }: Pick<Machine, "id" | "partitionId">,
  order: BmcOrder,
): Promise<BMCCommand | undefined> {
  const record = await tx.machineBmc.get(machineId);
  if (partitionId === "" || !record?.bmc?.address) return undefined;
  const commands = await commandsOf(tx, machineId);
  const last = commands.at(-1);
  if (last !== undefined && isRepeated(last, order)) return last;
  const { type, issuer, firmware } = order;
  if (issuer !== "") assertFewOpen(machineId, commands);
  if (superseding.has(type)) await supersede(tx, commands);
  await forgetOldest(tx, commands);
  const id = newId(Date.now(), last?.id);
  const state = BmcCommandState.PENDING;
  const command = { id, machineId, partitionId, type, state, issuer };
  return tx.bmcCommand.insert(
    create(BMCCommandSchema, { ...command, ...(firmware && { firmware }) }),
  );
}

function isRepeated({ state, type }: BMCCommand, order: BmcOrder): boolean {
  const { PENDING } = BmcCommandState;
  return state === PENDING && type === order.type && order.firmware === undefined;
}

function assertFewOpen(machineId: string, commands: readonly BMCCommand[]): void {
  const open = commands.filter(isOpen).length;
  if (open >= maxOpenCommands)
    throw exhausted(`machine "${machineId}" has ${open} open commands for its BMC`);
}

/** What was sent may be under way; what was not is never sent. */
async function supersede(tx: Commands, commands: readonly BMCCommand[]): Promise<void> {
  const error = "superseded by a later command";
  const outcome = { state: BmcCommandState.EXPIRED, error, nowMs: Date.now() };
  const pending = commands.filter(({ state }) => state === BmcCommandState.PENDING);
  for (const command of pending) await finishCommand(tx, command, outcome);
}

async function forgetOldest(tx: Commands, commands: readonly BMCCommand[]): Promise<void> {
  const finished = commands.filter((command) => !isOpen(command));
  const tooMany = Math.max(finished.length - keptCommands, 0);
  for (const { id } of finished.slice(0, tooMany)) await tx.bmcCommand.delete(id);
}

/** A UUID of version 7 (RFC 9562, section 5.7), greater than `last` even if the clock went back. */
function newId(nowMs: number, last = "0"): string {
  const lastMs = Number.parseInt(last.replace("-", "").slice(0, 12), 16);
  const time = Math.max(nowMs, lastMs + 1)
    .toString(16)
    .padStart(12, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`;
}

/** The commands of a machine in the order in which they were issued. */
function commandsOf(read: Pick<Snapshot, "bmcCommand">, machine: string): Promise<BMCCommand[]> {
  return read.bmcCommand.list({ where: { machine }, limit: allCommands });
}

/** The last commands of a machine, newest first, at most 20. */
export async function lastCommands(
  read: Pick<Snapshot, "bmcCommand">,
  machineId: string,
): Promise<BMCCommand[]> {
  return (await commandsOf(read, machineId)).reverse().slice(0, keptCommands);
}

/** Forgets all commands of a machine that is forgotten itself. */
export async function forgetCommands(tx: Commands, machineId: string): Promise<void> {
  for (const { id } of await commandsOf(tx, machineId)) await tx.bmcCommand.delete(id);
}

/** What became of a command. */
export interface Outcome {
  readonly state: BmcCommandState;
  /** Empty if it was carried out. */
  readonly error: string;
  readonly nowMs: number;
}

/** Notes what became of a command. */
export function finishCommand(
  tx: Pick<Transaction, "bmcCommand">,
  command: BMCCommand,
  { state, error, nowMs }: Outcome,
): Promise<BMCCommand> {
  return tx.bmcCommand.update({ ...command, state, error, finished: timestampFromMs(nowMs) });
}

const told: ReadonlySet<BmcCommandState> = new Set([BmcCommandState.DONE, BmcCommandState.FAILED]);

/**
 * Notes what the receiver of a command told: it was carried out, or failed with `error`. What was told first stands,
 * because a command that is sent twice may end in two ways; what was given up may still turn out well. Throws not_found.
 */
export async function reportCommand(
  tx: Pick<Transaction, "bmcCommand">,
  { id, error, nowMs }: { readonly id: string; readonly error: string; readonly nowMs: number },
): Promise<void> {
  const command = await found(tx.bmcCommand, "bmcCommand", id);
  if (told.has(command.state)) return;
  const state = error === "" ? BmcCommandState.DONE : BmcCommandState.FAILED;
  await finishCommand(tx, command, { state, error, nowMs });
}
