// The life of a machine as a state machine: each event, expected or not, has a defined outcome in each state.
import { invalid } from "./errors.ts";
import type { EventContainer, ProvisioningEvent } from "./provisioning-event.ts";
import { handlers } from "./provisioning-handler.ts";
import { currentState } from "./provisioning-state.ts";
import { transitions } from "./provisioning-table.ts";

/**
 * What is to be kept after an event; the same object if the event changes nothing. Events of one machine must be
 * applied one after the other. Time does not run backwards: an event bears at least the time of the last contact, for
 * the clocks of several servers differ.
 */
export function applyEvent(container: EventContainer, event: ProvisioningEvent): EventContainer {
  const name = transitions.get(currentState(container))?.get(event.event);
  if (name === undefined) throw new Error(`the table of transitions has no "${event.event}"`);
  const time = Math.max(event.time, container.lastEventTime ?? event.time);
  return handlers[name](container, { ...event, time });
}

/**
 * Throws invalid_argument if a container cannot have come about by events: a list that is not sorted newest first, or
 * a last contact that is missing or older than the newest event. For what comes from elsewhere.
 */
export function assertConsistent({ events, lastEventTime }: EventContainer): void {
  const [newest] = events;
  if (newest === undefined) return;
  if (lastEventTime === undefined) throw invalid("last_event_time: is missing");
  if (lastEventTime < newest.time) throw invalid("last_event_time: is older than the newest event");
  const misplaced = events.findIndex(({ time }, at) => time > (events[at - 1]?.time ?? time));
  if (misplaced !== -1) throw invalid(`events[${misplaced}]: is newer than the event before it`);
}
