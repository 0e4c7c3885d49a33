// Where everything stands in a simulated data centre: partitions, racks, switches and machines, the same ones for the
// same plan.
import { uuidOf } from "./chance.ts";

/** What to simulate. */
export interface Plan {
  readonly partitions: number;
  readonly machines: number;
  readonly seed: number;
}

/** A machine, and where it is plugged in. */
export interface Place {
  readonly id: string;
  /** Counted from 0 throughout the data centre. */
  readonly number: number;
  readonly partition: string;
  readonly switches: readonly [string, string];
  /** Its port, of the same name on both switches. */
  readonly port: string;
  readonly isLarge: boolean;
}

/** A rack with its two switches. */
export interface Rack {
  readonly id: string;
  readonly partition: string;
  readonly switches: readonly [string, string];
  readonly machines: readonly Place[];
}

/** A partition. */
export interface Partition {
  readonly id: string;
  readonly racks: readonly Rack[];
}

/** So many machines stand in a rack. */
const machinesPerRack = 10;
/** The ports of a switch. */
export const portsPerSwitch = machinesPerRack + 2;
/** In a rack, one machine of so many is a large one. */
const largeEvery = 8;

/** The name of a port, as SONiC counts lanes. */
export const portName = (slot: number): string => `Ethernet${slot * 4}`;

/** Lays out a data centre: machines spread evenly over partitions, racks filled one after the other. */
export function layOut({ partitions, machines, seed }: Plan): Partition[] {
  const numbers = Array.from({ length: machines }, (_, number) => number);
  return Array.from({ length: partitions }, (_, index) => {
    const id = `partition-${index + 1}`;
    const own = numbers.filter((number) => number % partitions === index);
    const racks = Array.from({ length: Math.ceil(own.length / machinesPerRack) }, (__, rack) =>
      rackOf(
        { partition: id, name: `p${index + 1}-rack-${rack + 1}`, seed },
        own.slice(rack * machinesPerRack, (rack + 1) * machinesPerRack),
      ),
    );
    return { id, racks };
  });
}

interface Where {
  readonly partition: string;
  readonly name: string;
  readonly seed: number;
}

function rackOf({ partition, name, seed }: Where, numbers: readonly number[]): Rack {
  const switches = [`${name}-leaf-1`, `${name}-leaf-2`] as const;
  const machines = numbers.map((number, slot) => ({
    id: uuidOf(seed, `machine ${number}`),
    number,
    partition,
    switches,
    port: portName(slot),
    isLarge: slot % largeEvery === largeEvery - 1,
  }));
  return { id: name, partition, switches, machines };
}
