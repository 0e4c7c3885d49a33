// EventService: proto/api/v1/event.proto made real. The package is api.v1 instead of metal.v1, because on-site
// components speak it as metal-stack has it; otherwise this file is to its proto what its neighbours are to theirs.
import type { ServiceImpl } from "@connectrpc/connect";
import type { EventService, MachineProvisioningEvent } from "../../gen/api/v1/event_pb.ts";
import { ensureMachine, machineIdOf } from "../domain/machine.ts";
import { type Happening, recordEvent } from "../domain/machine-history.ts";
import { isEventType } from "../domain/provisioning-event.ts";
import { demandMachines } from "../rbac/demand.ts";
import type { Transaction } from "../store/store.ts";
import type { TimedDeps } from "./deps.ts";

/** An event that can be recorded, and the machine that it happened to. */
type Recordable = Omit<Happening, "time"> & { readonly id: string };

export function eventService({ change, now }: TimedDeps) {
  return {
    async send({ events }, context) {
      await demandMachines(context.values, Object.keys(events));
      const read = Object.entries(events).map(([key, sent]) => ({
        key,
        event: readEvent(key, sent),
      }));
      const recordable = read.map(({ event }) => event).filter((event) => event !== undefined);
      const failed = read.filter(({ event }) => event === undefined).map(({ key }) => key);
      if (recordable.length > 0) await change(context, (tx) => recordAll(tx, recordable, now()));
      return { events: BigInt(recordable.length), failed };
    },
  } satisfies ServiceImpl<typeof EventService>;
}

/** Details beyond so many characters are of no use to anybody. */
const maxMessage = 4096;

/** Undefined for what cannot be recorded: the machine is no UUID, or the event none that is known. */
function readEvent(
  key: string,
  { event, message }: MachineProvisioningEvent,
): Recordable | undefined {
  const id = machineIdOf(key);
  if (id === undefined || !isEventType(event)) return undefined;
  return { id, event, message: message.slice(0, maxMessage).toWellFormed() };
}

async function recordAll(tx: Transaction, events: readonly Recordable[], time: number) {
  for (const { id, event, message } of events) {
    await ensureMachine(tx, id);
    await recordEvent(tx, id, { event, message, time });
  }
}
