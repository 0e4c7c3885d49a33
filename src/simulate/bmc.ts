// The simulated BMCs of a partition: what metal-bmc does with them.
import {
  BMCCommandService,
  type BMCFirmware,
  BmcCommandType as Command,
  type BMCCommandServiceWatchCommandsResponse as Order,
} from "../../gen/metal/v1/bmc_command_pb.ts";
import { FirmwareKind } from "../../gen/metal/v1/firmware_pb.ts";
import { MachineService } from "../../gen/metal/v1/machine_pb.ts";
import { bmcReportOf } from "./hardware.ts";
import type { SimulatedMachine } from "./machine.ts";
import { pause, persist, repeat } from "./patience.ts";
import type { Wire } from "./wire.ts";

/** What the BMCs of a partition are given. */
export interface BmcOptions {
  readonly partition: string;
  readonly machines: readonly SimulatedMachine[];
  readonly wire: Wire;
  readonly signal: AbortSignal;
  readonly onError: (error: unknown) => void;
}

/** All BMCs are reported so often, in milliseconds. */
const reportMs = 60_000;
/** The first report waits for machines to register, in milliseconds. */
const firstReportMs = 5_000;
/** How long a BMC takes, in milliseconds. */
const workMs = 200;
/** A stream that ended is opened again after this time, in milliseconds. */
const reopenMs = 500;

type Act = (machine: SimulatedMachine) => void;

const networkRestart: Act = (machine) => {
  machine.networkBoot = true;
  machine.restart();
};

/** Commands of the server for itself, which do not fail: machines would be stuck until they are booted anew. */
const reliable: ReadonlySet<Command> = new Set([Command.DISK, Command.FREE, Command.REINSTALL]);

/** What a BMC does; a command that is missing here changes nothing that can be seen. */
const acts: Readonly<Partial<Record<Command, Act>>> = {
  [Command.ON]: (machine) => machine.on(),
  [Command.OFF]: (machine) => machine.off(),
  [Command.RESET]: (machine) => machine.restart(),
  [Command.CYCLE]: (machine) => machine.restart(),
  [Command.DISK]: (machine) => void (machine.networkBoot = false),
  [Command.PXE]: (machine) => void (machine.networkBoot = true),
  [Command.LED_ON]: (machine) => void (machine.led = "ON"),
  [Command.LED_OFF]: (machine) => void (machine.led = "OFF"),
  [Command.FREE]: networkRestart,
  [Command.REINSTALL]: networkRestart,
};

/** Obeys commands and reports BMCs until the signal aborts. */
export async function runBmcs(options: BmcOptions): Promise<void> {
  const { signal, onError } = options;
  await Promise.all([
    repeat({ signal, onError, ms: reopenMs }, () => obeyCommands(options)),
    pause(firstReportMs, signal)
      .then(() => repeat({ signal, onError, ms: reportMs }, () => reportAll(options)))
      .catch(() => {}),
  ]);
}

async function obeyCommands(options: BmcOptions): Promise<void> {
  const { partition, wire, signal, onError } = options;
  const client = wire(BMCCommandService, "metal-bmc");
  await persist(signal, async () => {
    const orders = client.watchCommands({ partitionId: partition }, { signal });
    for await (const order of orders)
      if (order.commandId !== "")
        carryOut(options, order).catch((error: unknown) => signal.aborted || onError(error));
  });
}

async function carryOut(options: BmcOptions, order: Order): Promise<void> {
  const { machines, wire, signal } = options;
  const { commandId, machineId } = order;
  await pause(workMs, signal);
  const machine = machines.find(({ place }) => place.id === machineId);
  const error =
    machine === undefined
      ? `no BMC answers for machine "${machineId}"`
      : await outcomeOf(machine, order, signal);
  const client = wire(BMCCommandService, "metal-bmc");
  await persist(signal, (terms) => client.reportCommand({ commandId, error }, terms));
}

/** Has the machine carry out a command; resolves to why it did not, or "". */
async function outcomeOf(
  machine: SimulatedMachine,
  { command, firmware }: Order,
  signal: AbortSignal,
): Promise<string> {
  const failure = reliable.has(command) ? undefined : machine.nextBmcFailure();
  if (failure !== undefined) return failure;
  if (firmware !== undefined) return install(machine, firmware, signal);
  acts[command]?.(machine);
  return "";
}

/** Loads a firmware as a BMC does, by its URL and without a credential. */
async function install(
  machine: SimulatedMachine,
  { kind, revision, url }: BMCFirmware,
  signal: AbortSignal,
): Promise<string> {
  const answer = await fetch(url, { signal });
  if (!answer.ok) return `the firmware cannot be loaded: ${answer.status}`;
  await answer.bytes();
  const part = kind === FirmwareKind.BIOS ? "bios" : "bmc";
  machine.versions = { ...machine.versions, [part]: revision };
  return "";
}

async function reportAll({ partition, machines, wire, signal }: BmcOptions): Promise<void> {
  const client = wire(MachineService, "metal-bmc");
  const reports = Object.fromEntries(
    machines.map((machine) => [machine.place.id, bmcReportOf(machine.place, machine)]),
  );
  await persist(signal, (terms) => client.reportBMC({ partitionId: partition, reports }, terms));
}
