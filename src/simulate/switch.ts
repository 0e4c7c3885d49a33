// The simulated switches of a rack: what metal-core does on them.
import { timestampNow } from "@bufbuild/protobuf/wkt";
import { EventService } from "../../gen/api/v1/event_pb.ts";
import { SwitchPortState, SwitchService } from "../../gen/metal/v1/switch_pb.ts";
import { switchOf, switchStateOf } from "./hardware.ts";
import type { Rack } from "./layout.ts";
import type { SimulatedMachine } from "./machine.ts";
import { persist, repeat } from "./patience.ts";
import type { Wire } from "./wire.ts";

/** What a rack is given. */
export interface RackOptions {
  readonly rack: Rack;
  readonly machines: readonly SimulatedMachine[];
  readonly wire: Wire;
  readonly signal: AbortSignal;
  readonly onError: (error: unknown) => void;
}

/** A switch asks how it is to be, and tells how it is, so often, in milliseconds. */
const syncMs = 10_000;
/** Machines whose operating system was just started are told of so soon, in milliseconds. */
const noticeMs = 1_000;
/** All machines that run are told of so often, in milliseconds. */
const phoneHomeMs = 60_000;

/** Registers the switches of a rack. */
export async function registerSwitches({ rack, wire, signal }: RackOptions): Promise<void> {
  const client = wire(SwitchService, "metal-core");
  for (const id of rack.switches)
    await persist(signal, (terms) => client.register(switchOf(rack, id), terms));
}

/** Runs the switches of a rack until the signal aborts. */
export async function runSwitches(options: RackOptions): Promise<void> {
  const { rack, signal, onError } = options;
  await Promise.all([
    ...rack.switches.map((id) => repeat({ signal, onError, ms: syncMs }, createSync(options, id))),
    repeat({ signal, onError, ms: noticeMs }, createPhone(options)),
  ]);
}

/** Does what the server wants of the ports of a switch, and tells how they are. */
function createSync({ machines, wire, signal }: RackOptions, id: string): () => Promise<void> {
  const client = wire(SwitchService, "metal-core");
  const switchedOff = new Set<string>();
  return async () => {
    const { switch: known } = await persist(signal, (terms) => client.get({ id }, terms));
    const nics = known?.nics ?? [];
    for (const { name, desired } of nics) {
      if (desired === SwitchPortState.DOWN) switchedOff.add(name);
      if (desired === SwitchPortState.UP) switchedOff.delete(name);
    }
    const vrfs = new Map(nics.map(({ name, vrf }) => [name, vrf]));
    const at = new Map(machines.map((machine) => [machine.place.port, machine]));
    const isUp = (port: string) => at.get(port)?.power === "ON" && !switchedOff.has(port);
    const vrfAt = (port: string) =>
      isUp(port) && at.get(port)?.runsSystem ? vrfs.get(port) || undefined : undefined;
    const state = switchStateOf(id, { isUp, vrfAt });
    await persist(signal, (terms) => client.notify(state, terms));
  };
}

/** Tells of machines that run, in one call: of new ones at once, of all once a minute. */
function createPhone({ machines, wire, signal }: RackOptions): () => Promise<void> {
  const client = wire(EventService, "metal-core");
  const known = new Set<SimulatedMachine>();
  let allAtMs = 0;
  return async () => {
    const running = machines.filter(({ runsSystem }) => runsSystem);
    for (const machine of known) if (!machine.runsSystem) known.delete(machine);
    const isTime = Date.now() - allAtMs >= phoneHomeMs;
    const told = isTime ? running : running.filter((machine) => !known.has(machine));
    if (told.length === 0) return;
    const message = { time: timestampNow(), event: "Phoned Home", message: "seen by LLDP" };
    const events = Object.fromEntries(told.map(({ place }) => [place.id, message]));
    await persist(signal, (terms) => client.send({ events }, terms));
    for (const machine of told) known.add(machine);
    if (isTime) allAtMs = Date.now();
  };
}
