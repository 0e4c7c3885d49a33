// What machines report of their way from power-on to a running system, and what is kept of it.
import type { Liveliness } from "./liveliness.ts";

/** The events, by the names that the components send. */
export const eventTypes = [
  "Alive",
  "Crashed",
  "PXE Booting",
  "Planned Reboot",
  "Preparing",
  "Registering",
  "Waiting",
  "Installing",
  "Booting New Kernel",
  "Phoned Home",
  "Machine Reclaim",
] as const;
export type EventType = (typeof eventTypes)[number];

const known: ReadonlySet<string> = new Set(eventTypes);

/** Whether a text names an event. */
export function isEventType(text: string): text is EventType {
  return known.has(text);
}

/** Something that happened to a machine. */
export interface ProvisioningEvent {
  /** When this server learnt of it, in milliseconds since 1970; the clocks of machines are not trusted. */
  readonly time: number;
  readonly event: EventType;
  readonly message: string;
}

/** Everything that is kept of the events of one machine. */
export interface EventContainer {
  /** Newest first, at most {@link maxEvents}. Not every event is kept: some only tell that the machine is alive. */
  readonly events: readonly ProvisioningEvent[];
  /** When the machine was last heard of, in milliseconds since 1970: no earlier than the newest event. */
  readonly lastEventTime?: number;
  /** The last crash or unexpected event. It stays; how old it is tells whether it still matters. */
  readonly lastErrorEvent?: ProvisioningEvent;
  /** The machine begins anew again and again without getting where it should. */
  readonly crashLoop: boolean;
  /** The machine was given back, yet the system of its last user keeps running. */
  readonly failedReclaim: boolean;
  /** Missing as long as nothing could be concluded. */
  readonly liveliness?: Liveliness;
}

/** More events of a machine are not kept. */
export const maxEvents = 100;

/** What is kept of a machine that nothing was heard of. */
export const noEvents: EventContainer = {
  events: [],
  crashLoop: false,
  failedReclaim: false,
};

/** The machine was heard of: it is alive. Whoever registers a machine touches {@link noEvents}. */
export function touch(container: EventContainer, time: number): EventContainer {
  return { ...container, lastEventTime: time, liveliness: "Alive" };
}

/** The machine was heard of, and the event is kept. */
export function append(container: EventContainer, event: ProvisioningEvent): EventContainer {
  const events = [event, ...container.events].slice(0, maxEvents);
  return { ...touch(container, event.time), events };
}
