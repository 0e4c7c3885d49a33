// Where a machine is on its way: derived from its newest event, never kept.
import type { EventContainer, EventType } from "./provisioning-event.ts";

/** Where a machine can be. */
export const provisioningStates = [
  "Initial",
  "PXE Booting",
  "Preparing",
  "Registering",
  "Waiting",
  "Installing",
  "Booting New Kernel",
  "Phoned Home",
  "Planned Reboot",
  "Machine Reclaim",
  "Crashing",
] as const;
export type ProvisioningState = (typeof provisioningStates)[number];

/**
 * Where a machine is. An unexpected event that was kept moves it too. `Alive` moves nothing, and is not kept here; what
 * other systems kept of it is passed over.
 */
export function currentState({ events }: Pick<EventContainer, "events">): ProvisioningState {
  const newest = events.find(({ event }) => event !== "Alive");
  return newest === undefined ? "Initial" : stateAfter(newest.event);
}

function stateAfter(event: EventType): ProvisioningState {
  if (event === "Alive") return "Initial";
  return event === "Crashed" ? "Crashing" : event;
}
