// The methods of MachineService that have a BMC do something: power, boot order, and the LED that identifies a chassis.
import { create } from "@bufbuild/protobuf";
import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import { BmcCommandType } from "../../../gen/metal/v1/bmc_command_pb.ts";
import {
  MachineLEDSchema,
  MachineLedValue,
  type MachineService,
} from "../../../gen/metal/v1/machine_pb.ts";
import { found } from "../../domain/entity.ts";
import { recordEvent } from "../../domain/machine-history.ts";
import type { Transaction } from "../../store/store.ts";
import { command, issuerOf } from "./command.ts";
import type { MachineDeps } from "./deps.ts";

type Methods = Pick<
  ServiceImpl<typeof MachineService>,
  | ("powerOn" | "powerOff" | "powerReset" | "powerCycle")
  | ("bootBIOS" | "bootDisk" | "bootPXE")
  | ("identifyLEDOn" | "identifyLEDOff")
>;

/** What is done beside the command, in the same transaction. */
interface Order {
  readonly type: BmcCommandType;
  /** The machine stops, which is then no surprise. */
  readonly stops?: boolean;
  readonly led?: MachineLedValue;
}

const orders = {
  powerOn: { type: BmcCommandType.ON },
  powerOff: { type: BmcCommandType.OFF, stops: true },
  powerReset: { type: BmcCommandType.RESET, stops: true },
  powerCycle: { type: BmcCommandType.CYCLE, stops: true },
  bootBIOS: { type: BmcCommandType.BIOS },
  bootDisk: { type: BmcCommandType.DISK },
  bootPXE: { type: BmcCommandType.PXE },
  identifyLEDOn: { type: BmcCommandType.LED_ON, led: MachineLedValue.ON },
  identifyLEDOff: { type: BmcCommandType.LED_OFF, led: MachineLedValue.OFF },
} as const satisfies Record<keyof Methods, Order>;

interface Request {
  readonly id: string;
  /** Why the LED is switched. */
  readonly description?: string;
}

export function powerMethods({ change, now }: MachineDeps): Methods {
  const method = (order: Order) => (request: Request, context: HandlerContext) =>
    change(context, async (tx) => {
      const issuer = issuerOf(context);
      return { commandId: await carryOut(tx, { order, request, issuer, nowMs: now() }) };
    });
  return {
    powerOn: method(orders.powerOn),
    powerOff: method(orders.powerOff),
    powerReset: method(orders.powerReset),
    powerCycle: method(orders.powerCycle),
    bootBIOS: method(orders.bootBIOS),
    bootDisk: method(orders.bootDisk),
    bootPXE: method(orders.bootPXE),
    identifyLEDOn: method(orders.identifyLEDOn),
    identifyLEDOff: method(orders.identifyLEDOff),
  };
}

/** Issues the command and returns its id. Throws not_found, and failed_precondition if no BMC could carry it out. */
async function carryOut(
  tx: Transaction,
  task: {
    readonly order: Order;
    readonly request: Request;
    readonly issuer: string;
    readonly nowMs: number;
  },
): Promise<string> {
  const { order, request, issuer, nowMs } = task;
  const { type, stops, led } = order;
  const machine = await found(tx.machine, "machine", request.id.toLowerCase());
  const { id: commandId } = await command(tx, machine, { type, issuer });
  const message = `${issuer} asked for it`;
  if (stops) await recordEvent(tx, machine.id, { event: "Planned Reboot", message, time: nowMs });
  if (led !== undefined) {
    const { description = "" } = request;
    machine.led = create(MachineLEDSchema, { value: led, description });
    await tx.machine.update(machine);
  }
  return commandId;
}
