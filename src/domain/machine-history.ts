// What machines go through, as it is kept: beside the machine, because it changes every minute.
import { create } from "@bufbuild/protobuf";
import { timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import { type MachineHistory, MachineHistorySchema } from "../../gen/metal/store/v1/machine_pb.ts";
import {
  type MachineEvent,
  MachineEventSchema,
  type MachineEvents,
  MachineEventsSchema,
  MachineLiveliness,
} from "../../gen/metal/v1/machine_pb.ts";
import type { Transaction } from "../store/store.ts";
import type { Liveliness } from "./liveliness.ts";
import { applyEvent } from "./provisioning.ts";
import {
  type EventContainer,
  type EventType,
  isEventType,
  noEvents,
  type ProvisioningEvent,
  touch,
} from "./provisioning-event.ts";

type Histories = Pick<Transaction, "machineHistory">;

/** Something that happened to a machine. */
export interface Happening {
  readonly event: EventType;
  readonly message: string;
  /** By the clock of this server, in milliseconds since 1970. */
  readonly time: number;
}

/**
 * Records an event of a machine; its history begins with it if there is none. An event that changes nothing is not
 * written. Events of one machine take their turns, because transactions do.
 */
export async function recordEvent(
  tx: Histories,
  id: string,
  event: Happening,
): Promise<MachineHistory> {
  const known = await tx.machineHistory.get(id);
  const before = known === undefined ? noEvents : containerOf(known);
  const after = applyEvent(before, event);
  if (known !== undefined && after === before) return known;
  return keep(tx, known ?? create(MachineHistorySchema, { id }), after);
}

/** Begins the history of a machine that was heard of at `time`, if it has none. */
export async function ensureHistory(tx: Histories, id: string, time: number): Promise<void> {
  if ((await tx.machineHistory.get(id)) !== undefined) return;
  await keep(tx, create(MachineHistorySchema, { id }), touch(noEvents, time));
}

function keep(
  { machineHistory }: Histories,
  history: MachineHistory,
  container: EventContainer,
): Promise<MachineHistory> {
  history.liveliness = livelinessNumber(container.liveliness);
  history.events = eventsOf(container);
  return history.generation === undefined
    ? machineHistory.insert(history)
    : machineHistory.update(history);
}

const numbers: Readonly<Record<Liveliness, MachineLiveliness>> = {
  Alive: MachineLiveliness.ALIVE,
  Dead: MachineLiveliness.DEAD,
  Unknown: MachineLiveliness.UNKNOWN,
};
const words = new Map(
  Object.entries(numbers).map(([word, number]) => [number, word as Liveliness]),
);

/** The number that messages have for a liveliness. */
export function livelinessNumber(liveliness: Liveliness | undefined): MachineLiveliness {
  return liveliness === undefined ? MachineLiveliness.UNSPECIFIED : numbers[liveliness];
}

/** What is kept of a machine's events, in the form that the rules know. */
export function containerOf({ liveliness, events }: MachineHistory): EventContainer {
  const { log = [], lastEventTime, lastErrorEvent, crashLoop, failedMachineReclaim } = events ?? {};
  const word = words.get(liveliness);
  return {
    events: log.map(eventOf).filter((event) => event !== undefined),
    ...(lastEventTime && { lastEventTime: timestampMs(lastEventTime) }),
    ...errorOf(lastErrorEvent),
    crashLoop: crashLoop ?? false,
    failedReclaim: failedMachineReclaim ?? false,
    ...(word && { liveliness: word }),
  };
}

function errorOf(message: MachineEvent | undefined): Pick<EventContainer, "lastErrorEvent"> {
  const event = message && eventOf(message);
  return event === undefined ? {} : { lastErrorEvent: event };
}

/** Undefined for an event that a later version knows. */
function eventOf({ time, event, message }: MachineEvent): ProvisioningEvent | undefined {
  if (!isEventType(event)) return undefined;
  return { time: time === undefined ? 0 : timestampMs(time), event, message };
}

function eventsOf(container: EventContainer): MachineEvents {
  const { events, lastEventTime, lastErrorEvent, crashLoop, failedReclaim } = container;
  return create(MachineEventsSchema, {
    log: events.map(messageOf),
    ...(lastEventTime !== undefined && { lastEventTime: timestampFromMs(lastEventTime) }),
    ...(lastErrorEvent && { lastErrorEvent: messageOf(lastErrorEvent) }),
    crashLoop,
    failedMachineReclaim: failedReclaim,
  });
}

function messageOf({ time, event, message }: ProvisioningEvent): MachineEvent {
  return create(MachineEventSchema, { time: timestampFromMs(time), event, message });
}
