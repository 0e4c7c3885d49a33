// Whether ports are on, between what is kept of them and the rules about them.
import type { SwitchStatus } from "../../../gen/metal/store/v1/machine_pb.ts";
import { type SwitchNic, SwitchPortState } from "../../../gen/metal/v1/switch_pb.ts";
import { type PortState, type PortStatus, portStatuses } from "../switch-port-state.ts";

const numbers: Readonly<Record<PortStatus, SwitchPortState>> = {
  UP: SwitchPortState.UP,
  DOWN: SwitchPortState.DOWN,
  UNKNOWN: SwitchPortState.UNKNOWN,
};

/** The number that messages have for a state. */
export function portStateNumber(status: PortStatus): SwitchPortState {
  return numbers[status];
}

/** The state that a number stands for; UNKNOWN for one that stands for none. */
export function portStatusOf(number: SwitchPortState): PortStatus {
  return portStatuses.find((status) => numbers[status] === number) ?? "UNKNOWN";
}

/** The state of a port; undefined if the switch never told it. */
export function portStateOf(
  { name, desired }: SwitchNic,
  status: SwitchStatus | undefined,
): PortState | undefined {
  const told = status?.ports[name]?.actual ?? SwitchPortState.UNSPECIFIED;
  const wanted = desired === SwitchPortState.UNSPECIFIED ? {} : { desired: portStatusOf(desired) };
  if (told === SwitchPortState.UNSPECIFIED && wanted.desired === undefined) return undefined;
  return { actual: portStatusOf(told), ...wanted };
}
