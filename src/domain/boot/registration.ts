// A machine tells what it is: everything that follows from it, on one transaction.
import { create } from "@bufbuild/protobuf";
import type { BootServiceRegisterRequest } from "../../../gen/api/v1/boot_pb.ts";
import {
  type Machine,
  MachineBIOSSchema,
  MachineLEDSchema,
  MachineLedValue,
  MachineStateSchema,
  MachineStateValue,
} from "../../../gen/metal/v1/machine_pb.ts";
import type { Transaction } from "../../store/store.ts";
import { assertExist } from "../entity.ts";
import { invalid } from "../errors.ts";
import { every } from "../every.ts";
import { newMachine } from "../machine.ts";
import { ensureHistory } from "../machine-history.ts";
import { sizedHardware, sizeRules } from "../size-message.ts";
import { unknownSize } from "../size.ts";
import { matchHardware } from "../size-match.ts";
import { noteBmc } from "./bmc.ts";
import { plugIn } from "./connection.ts";
import { keptHardware } from "./hardware.ts";

/** What a machine tells, under its id in lower case. */
export interface Registration {
  readonly id: string;
  readonly sent: BootServiceRegisterRequest;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
}

/** A machine that registered. */
export interface Registered {
  readonly machine: Machine;
  /** The size of its hardware; not that of the machine if it is allocated with another one. */
  readonly sizeId: string;
}

/**
 * Registers a machine. Its size stays while it is allocated, whatever becomes of its hardware: its user was promised
 * that size. Throws invalid_argument, and failed_precondition if there is no such partition or it is plugged wrong.
 */
export async function register(
  tx: Transaction,
  { id, sent, nowMs }: Registration,
): Promise<Registered> {
  const { hardware, partitionId } = sent;
  if (hardware === undefined) throw invalid("hardware: is missing");
  await assertExist(tx, [["partition", partitionId]]);
  const machine = (await tx.machine.get(id)) ?? registrant(id, sent.tags);
  machine.hardware = keptHardware(hardware);
  const { version = "", vendor = "", date = "" } = sent.bios ?? {};
  machine.bios = create(MachineBIOSSchema, { version, vendor, date });
  machine.state ??= create(MachineStateSchema, { value: MachineStateValue.AVAILABLE });
  machine.state.metalHammerVersion = sent.metalHammerVersion;
  machine.partitionId = partitionId;
  machine.rackId = await plugIn(tx, machine, partitionId);
  const sizeId = await sizeOf(tx, machine);
  if (machine.allocation === undefined || machine.sizeId === "") machine.sizeId = sizeId;
  await noteBmc(tx, machine, { sent: sent.ipmi, nowMs });
  await ensureHistory(tx, id, nowMs);
  const isNew = machine.generation === undefined;
  return {
    machine: await (isNew ? tx.machine.insert(machine) : tx.machine.update(machine)),
    sizeId,
  };
}

/** A machine that was not known before. */
function registrant(id: string, tags: readonly string[]): Machine {
  const machine = newMachine(id);
  machine.tags = tags.filter((tag) => tag !== "");
  machine.led = create(MachineLEDSchema, {
    value: MachineLedValue.OFF,
    description: "machine registered",
  });
  return machine;
}

async function sizeOf(tx: Transaction, { hardware }: Machine): Promise<string> {
  if (hardware === undefined) return unknownSize;
  const sizes = await Array.fromAsync(every(tx.size, "size"), sizeRules);
  const match = matchHardware(sizes, sizedHardware(hardware));
  return match.kind === "one" ? match.size.id : unknownSize;
}
