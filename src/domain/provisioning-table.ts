// What becomes of an event, by the state that the machine is in. What the words do is said in provisioning-handler.ts.
import { type EventType, eventTypes } from "./provisioning-event.ts";
import { type ProvisioningState, provisioningStates } from "./provisioning-state.ts";

/** What can become of an event; `x` if it is unexpected. */
export const handlerNames = [
  "touch",
  "append",
  "start",
  "restart",
  "settle",
  "crash",
  "lingering",
  "late",
  "late-pxe",
  "late-prep",
  "x",
] as const;
export type HandlerName = (typeof handlerNames)[number];

/**
 * Rows are states, columns are events in the order of `eventTypes`. Machines that cannot report a PXE boot prepare
 * right after a reboot; reinstalling goes from registering to installing; news from a switch may be late by minutes,
 * so that a machine that boots seems to phone home.
 */
const table = `
                   | Alive Crashed PXE     Reboot Prepare Register Wait   Install Kernel Home      Reclaim
Initial            | touch crash   start   settle start   append   append append  append settle    settle
PXE Booting        | touch crash   restart settle start   x        x      x       x      late-pxe  settle
Preparing          | touch crash   x       settle x       append   x      x       x      late-prep settle
Registering        | touch crash   x       settle x       x        append append  x      late      settle
Waiting            | touch crash   x       settle x       x        x      append  x      late      settle
Installing         | touch crash   x       settle x       x        x      x       append x         settle
Booting New Kernel | touch crash   x       settle x       x        x      x       x      settle    settle
Phoned Home        | x     x       x       settle x       x        x      x       x      touch     settle
Planned Reboot     | x     x       start   settle start   x        x      x       x      settle    settle
Machine Reclaim    | x     x       start   settle start   x        x      x       x      lingering settle
Crashing           | x     x       start   settle start   x        x      x       x      x         settle
`;

/** By state and event. */
export const transitions: ReadonlyMap<
  ProvisioningState,
  ReadonlyMap<EventType, HandlerName>
> = new Map(provisioningStates.map((state) => [state, rowOf(state)]));

function rowOf(state: ProvisioningState): ReadonlyMap<EventType, HandlerName> {
  const line = table.split("\n").find((text) => text.split("|")[0]?.trim() === state) ?? "";
  const cells = line.split("|")[1]?.trim().split(/\s+/) ?? [];
  return new Map(eventTypes.map((event, column) => [event, handlerName(cells[column])]));
}

function handlerName(cell: string | undefined): HandlerName {
  const name = handlerNames.find((one) => one === cell);
  if (name === undefined) throw new Error(`the table of transitions has no handler "${cell}"`);
  return name;
}
