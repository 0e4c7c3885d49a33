// One command on its way to its receiver: noted as sent in the store first, so that it is sent at least once whoever
// ends in between.
import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import {
  type BMCAccess,
  BMCAccessSchema,
  type BMCCommand,
  type BMCCommandServiceWatchCommandsResponse as Sent,
  BMCCommandServiceWatchCommandsResponseSchema as SentSchema,
  BmcCommandState,
  type BMCFirmware,
} from "../../../gen/metal/v1/bmc_command_pb.ts";
import { finishCommand } from "../../domain/bmc-command.ts";
import { precondition } from "../../domain/errors.ts";
import type { Store, Transaction } from "../../store/store.ts";

/** What is needed to send commands. */
export interface DeliveryOptions {
  readonly store: Pick<Store, "read" | "transaction" | "changes">;
  /** Where a firmware can be loaded from for a while. Throws not_found and failed_precondition. */
  readonly firmwareUrl: (firmware: BMCFirmware) => Promise<string>;
  /** The account of BMCs whose own is not known. */
  readonly superUser?: Account | undefined;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** An account of a BMC. */
export interface Account {
  readonly user: string;
  readonly password: string;
}

/**
 * Notes that `command` is sent and returns what to send. Undefined if it is not to be sent: somebody else was faster, or
 * it cannot be carried out, which is its outcome then.
 */
export async function deliver(
  options: DeliveryOptions,
  command: BMCCommand,
): Promise<Sent | undefined> {
  try {
    const sent = await assemble(options, command);
    const claimed = await ifUnchanged(options, command, (tx) => noteSent(tx, command, options));
    return claimed ? sent : undefined;
  } catch (error) {
    if (!isHopeless(error)) throw error;
    const outcome = { state: BmcCommandState.FAILED, error: error.rawMessage };
    await ifUnchanged(options, command, (tx) =>
      finishCommand(tx, command, { ...outcome, nowMs: options.now() }),
    );
    return undefined;
  }
}

async function assemble(options: DeliveryOptions, command: BMCCommand): Promise<Sent> {
  const { id: commandId, machineId, type, firmware } = command;
  const bmc = await accessTo(options, machineId);
  const sent = create(SentSchema, { commandId, machineId, command: type, bmc });
  if (firmware !== undefined)
    sent.firmware = { ...firmware, url: await options.firmwareUrl(firmware) };
  return sent;
}

async function accessTo(
  { store, superUser }: DeliveryOptions,
  machineId: string,
): Promise<BMCAccess> {
  const record = await store.read.machineBmc.get(machineId);
  const address = record?.bmc?.address ?? "";
  if (record === undefined || address === "")
    throw precondition(`nothing is known of the BMC of machine "${machineId}" any more`);
  const { user, password } = record.user === "" && superUser ? superUser : record;
  return create(BMCAccessSchema, { address, user, password });
}

/** Runs `work` unless the command is another one than was read. */
function ifUnchanged(
  { store }: DeliveryOptions,
  { id, generation }: BMCCommand,
  work: (tx: Transaction) => Promise<unknown>,
): Promise<boolean> {
  return store.transaction(async (tx) => {
    const current = await tx.bmcCommand.get(id);
    if (current === undefined || current.generation !== generation) return false;
    await work(tx);
    return true;
  });
}

function noteSent(tx: Transaction, command: BMCCommand, { now }: DeliveryOptions) {
  const deliveries = command.deliveries + 1;
  const sent = timestampFromMs(now());
  return tx.bmcCommand.update({ ...command, state: BmcCommandState.SENT, deliveries, sent });
}

/** Whether trying again would not help. */
function isHopeless(error: unknown): error is ConnectError {
  const codes = [Code.FailedPrecondition, Code.NotFound];
  return error instanceof ConnectError && codes.includes(error.code);
}
