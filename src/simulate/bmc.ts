// The simulated BMCs of a partition: what metal-bmc does with them.
import {
  BMCCommandService,
  BmcCommandType as Command,
  type BMCCommandServiceWatchCommandsResponse as Order,
} from "../../gen/metal/v1/bmc_command_pb.ts";
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

async function carryOut(
  { machines, wire, signal }: BmcOptions,
  { commandId, machineId, command }: Order,
): Promise<void> {
  await pause(workMs, signal);
  const machine = machines.find(({ place }) => place.id === machineId);
  if (machine !== undefined) acts[command]?.(machine);
  const error = machine === undefined ? `no BMC answers for machine "${machineId}"` : "";
  const client = wire(BMCCommandService, "metal-bmc");
  await persist(signal, (terms) => client.reportCommand({ commandId, error }, terms));
}

async function reportAll({ partition, machines, wire, signal }: BmcOptions): Promise<void> {
  const client = wire(MachineService, "metal-bmc");
  const reports = Object.fromEntries(
    machines.map((machine) => [machine.place.id, bmcReportOf(machine.place, machine)]),
  );
  await persist(signal, (terms) => client.reportBMC({ partitionId: partition, reports }, terms));
}
