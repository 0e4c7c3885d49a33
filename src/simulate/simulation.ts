// A whole simulated data centre: everything that stands outside of the server, and speaks to it as it is spoken to by
// what is real.
import { chanceOf } from "./chance.ts";
import { runBmcs } from "./bmc.ts";
import { createIdentities, type Identity } from "./identity.ts";
import { ensureInventory } from "./inventory.ts";
import { layOut, type Partition, type Plan, type Rack } from "./layout.ts";
import { SimulatedMachine } from "./machine.ts";
import { pause } from "./patience.ts";
import { registerSwitches, runSwitches } from "./switch.ts";
import { createWire } from "./wire.ts";

/** Where the simulation tells what it does. */
export interface SimulationLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/** A data centre that can be switched on. */
export interface Simulation {
  /** The users that the server must know. */
  readonly users: readonly Identity[];
  /** Switches everything on, and goes on until it is stopped. */
  start(url: string, log: SimulationLog): void;
  /** Switches everything off, at once. */
  stop(): void;
}

/** Machines are switched on within this time, in milliseconds, not all at once. */
const spreadMs = 2_000;

/** Builds a data centre. The same plan gives the same one, with the same mishaps. */
export function createSimulation(plan: Plan): Simulation {
  const identities = createIdentities();
  const partitions = layOut(plan);
  const end = new AbortController();
  const { signal } = end;
  return {
    users: Object.values(identities),
    start(url, log) {
      const onError = (error: unknown) => log.warn({ err: error }, "the simulation stumbled");
      const connect = () => createWire(url, identities);
      log.info(plan, "simulating a data centre");
      run({ plan, partitions, connect, signal, onError }).catch(
        (error: unknown) => signal.aborted || log.warn({ err: error }, "the simulation ended"),
      );
    },
    stop: () => end.abort(new Error("the simulation was stopped")),
  };
}

interface Site {
  readonly plan: Plan;
  readonly partitions: readonly Partition[];
  readonly connect: () => ReturnType<typeof createWire>;
  readonly signal: AbortSignal;
  readonly onError: (error: unknown) => void;
}

async function run(site: Site): Promise<void> {
  const { partitions, connect, signal } = site;
  await ensureInventory(partitions, { wire: connect(), signal });
  await Promise.all(partitions.map((partition) => runPartition(site, partition)));
}

async function runPartition(site: Site, { id: partition, racks }: Partition): Promise<void> {
  const { connect, signal, onError } = site;
  const filled = racks.map((rack) => fill(site, rack));
  for (const rack of filled) await registerSwitches(rack);
  const machines = filled.flatMap((rack) => rack.machines);
  await Promise.all([
    runBmcs({ partition, machines, wire: connect(), signal, onError }),
    ...filled.map(runSwitches),
    ...machines.map((machine) => switchOn(site, machine)),
  ]);
}

function fill({ plan, connect, signal, onError }: Site, rack: Rack) {
  const wire = connect();
  const { seed } = plan;
  const machines = rack.machines.map(
    (place) => new SimulatedMachine({ place, wire, seed, signal, onError }),
  );
  return { rack, machines, wire, signal, onError };
}

async function switchOn({ plan, signal }: Site, machine: SimulatedMachine): Promise<void> {
  await pause(chanceOf(plan.seed, `start of ${machine.place.id}`)() * spreadMs, signal);
  await machine.resume();
}
