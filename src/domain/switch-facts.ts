// Switches, their ports and what is plugged into them, as far as the rules of switches look at them.
import type { SwitchVendor } from "./switch-port.ts";

/** A port. */
export interface Port {
  readonly name: string;
  /** What tells it from the others; if empty, the MAC address does. */
  readonly identifier: string;
  /** May be empty: not all operating systems tell it. */
  readonly mac: string;
}

/** A port of a switch. */
export interface SwitchNic extends Port {
  /** `vrf<number>` for a machine in use, `default` for a firewall, empty for machines that boot. */
  readonly vrf: string;
}

/** A machine is plugged into a port. */
export interface Connection<N extends Port = SwitchNic> {
  readonly nic: N;
  readonly machineId: string;
}

/** Whether a switch does its work, or is being exchanged by another one under its id. */
export type SwitchMode = "operational" | "replace";

/** A switch. */
export interface Switch<N extends SwitchNic = SwitchNic> {
  readonly id: string;
  /** The host name, by which machines see it. */
  readonly name: string;
  readonly partitionId: string;
  readonly rackId: string;
  readonly vendor: SwitchVendor;
  readonly mode: SwitchMode;
  readonly nics: readonly N[];
  readonly connections: readonly Connection<N>[];
}

/** What a machine sees at the other end of a cable. */
export interface Neighbor extends Port {
  /** The name of the switch. */
  readonly hostname: string;
}

/** A network interface of a machine. */
export interface MachineNic<B extends Neighbor = Neighbor> {
  readonly neighbors: readonly B[];
}

/** What tells a port from the others of its switch. */
export function portKey({ identifier, mac }: Pick<Port, "identifier" | "mac">): string {
  return identifier === "" ? mac.toLowerCase() : identifier;
}
