// What events do to what is kept of a machine, by the words of the table of transitions.
import {
  append,
  type EventContainer,
  type EventType,
  type ProvisioningEvent,
  touch,
} from "./provisioning-event.ts";
import { currentState } from "./provisioning-state.ts";
import type { HandlerName } from "./provisioning-table.ts";

/** Returns what is to be kept; the same object if the event changes nothing. */
export type Handler = (container: EventContainer, event: ProvisioningEvent) => EventContainer;

/** Switches report in batches: for so long after a machine was heard of, news of it may be older than that. */
export const lateMs = 5 * 60 * 1000;

/** The way to a new system begins, so the machine did leave its last user. */
const start: Handler = (container, event) => append({ ...container, failedReclaim: false }, event);

/** As `start`, for what is reported again and again and would only fill the list. */
const restart: Handler = (container, { time }) =>
  touch({ ...container, failedReclaim: false }, time);

/** The machine got where it should, or begins anew by intention. */
const settle: Handler = (container, event) => append({ ...container, crashLoop: false }, event);

const crash: Handler = (container, event) =>
  append({ ...container, crashLoop: true, lastErrorEvent: event }, event);

/**
 * A machine that was given back still runs the system of its last user. Right afterwards this is normal; it is not
 * counted as contact then, so that the time goes on.
 */
const lingering: Handler = (container, { time }) =>
  sinceContactMs(container, time) > lateMs
    ? touch({ ...container, failedReclaim: true }, time)
    : container;

/** Ignores news that may be older than what is known already. */
const unlessRecent =
  (handler: Handler): Handler =>
  (container, event) =>
    sinceContactMs(container, event.time) < lateMs ? container : handler(container, event);

/** Without any contact: for ever. */
function sinceContactMs({ lastEventTime = Number.NEGATIVE_INFINITY }: EventContainer, now: number) {
  return now - lastEventTime;
}

/** A machine that boots although nobody told it to. */
const loops: ReadonlySet<EventType> = new Set<EventType>(["PXE Booting", "Preparing"]);

const unexpected: Handler = (container, event) => {
  const marked = { ...event, message: unexpectedMessage(container, event) };
  const noted = { ...container, lastErrorEvent: marked };
  if (event.event === "Alive") return touch(noted, event.time);
  return append({ ...noted, crashLoop: container.crashLoop || loops.has(event.event) }, marked);
};

function unexpectedMessage(container: EventContainer, { message }: ProvisioningEvent): string {
  const mark = `[unexpectedly received in state ${currentState(container).toLowerCase()}]`;
  return message === "" ? mark : `${mark}: ${message}`;
}

/** What the words of the table do. */
export const handlers: Readonly<Record<HandlerName, Handler>> = {
  touch: (container, { time }) => touch(container, time),
  append,
  start,
  restart,
  settle,
  crash,
  lingering,
  late: unlessRecent(append),
  "late-pxe": unlessRecent(restart),
  "late-prep": unlessRecent(start),
  x: unexpected,
};
