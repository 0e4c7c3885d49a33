// Whether the ports of a switch are up, and whether they are meant to be.
import { invalid } from "./errors.ts";

/** What the agent of a switch reports of a port. */
export const portStatuses = ["UP", "DOWN", "UNKNOWN"] as const;
export type PortStatus = (typeof portStatuses)[number];

/** A port as it is and, until the switch made it so, as it is meant to be. */
export interface PortState {
  readonly actual: PortStatus;
  readonly desired?: PortStatus;
}

/** The state of a port that is reported; the same object if nothing changes. A wish that came true is none any more. */
export function reportPort(stored: PortState | undefined, actual: PortStatus): PortState {
  if (stored === undefined || stored.desired === actual) return { actual };
  return stored.actual === actual ? stored : { ...stored, actual };
}

/** The state of a port that is meant to be up or down; the same object if nothing changes. */
export function desirePort(
  stored: PortState | undefined,
  desired: Exclude<PortStatus, "UNKNOWN">,
): PortState {
  const { actual, desired: before } = stored ?? { actual: "UNKNOWN" };
  if (stored !== undefined && before === desired && actual !== desired) return stored;
  if (actual !== desired) return { actual, desired };
  return stored !== undefined && before === undefined ? stored : { actual };
}

/** A port with what is known of its state. */
export interface StatefulPort {
  readonly name: string;
  readonly state?: PortState;
}

/**
 * The ports after a report of states by their names; a port that does not change is the same object. What is not
 * reported stays, what there is not is passed over. Throws invalid_argument if a state is none.
 */
export function reportPorts<N extends StatefulPort>(
  nics: readonly N[],
  reported: Readonly<Record<string, string>>,
): N[] {
  const statuses = new Map(
    Object.entries(reported).map(([name, text]) => [name, read(name, text)]),
  );
  return nics.map((nic) => {
    const status = statuses.get(nic.name);
    if (status === undefined) return nic;
    const state = reportPort(nic.state, status);
    return state === nic.state ? nic : { ...nic, state };
  });
}

function read(name: string, text: string): PortStatus {
  const status = portStatuses.find((one) => one === text);
  if (status === undefined)
    throw invalid(
      `port_states["${name}"]: no state "${text}", there are ${portStatuses.join(", ")}`,
    );
  return status;
}

/**
 * The ports after a report of their BGP sessions by their names; a port that does not change is the same object. Unlike
 * a port, a session that is not reported is gone. `same` compares two sessions.
 */
export function reportSessions<S, N extends { readonly name: string; readonly session?: S }>(
  nics: readonly N[],
  reported: ReadonlyMap<string, S>,
  same: (a: S, b: S) => boolean,
): N[] {
  return nics.map((nic) => {
    const session = reported.get(nic.name);
    const known = nic.session;
    if (session === known) return nic;
    if (session !== undefined && known !== undefined && same(session, known)) return nic;
    return { ...nic, session };
  });
}
