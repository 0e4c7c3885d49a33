// Names of the ports of switches, and what a port is called on a switch of another vendor. Both ways of naming count
// lines, of which a port in front has four: it is one port of all four, or broken out into up to four ports.
import { precondition } from "./errors.ts";

/** The vendors of the operating systems of switches. */
export const switchVendors = ["SONiC", "Cumulus"] as const;
export type SwitchVendor = (typeof switchVendors)[number];

/** Whether a text names a vendor. */
export function isSwitchVendor(text: string): text is SwitchVendor {
  return switchVendors.some((vendor) => vendor === text);
}

const linesPerPort = 4;

interface Naming {
  /** The line that a name stands for, from 0; undefined if it names no port. */
  readonly lineOf: (name: string) => number | undefined;
  /** The name of a line; `isBrokenOut` says whether another port has a line of the same four. */
  readonly nameOf: (line: number, isBrokenOut: boolean) => string;
}

const sonic = /^Ethernet(0|[1-9]\d{0,5})$/;
const cumulus = /^swp([1-9]\d{0,5})(?:s([0-3]))?$/;

const namings: Readonly<Record<SwitchVendor, Naming>> = {
  SONiC: {
    lineOf: (name) => {
      const [, line] = sonic.exec(name) ?? [];
      return line === undefined ? undefined : Number(line);
    },
    nameOf: (line) => `Ethernet${line}`,
  },
  Cumulus: {
    lineOf: (name) => {
      const [, port, part = "0"] = cumulus.exec(name) ?? [];
      return port === undefined ? undefined : (Number(port) - 1) * linesPerPort + Number(part);
    },
    nameOf: (line, isBrokenOut) => {
      const port = `swp${Math.floor(line / linesPerPort) + 1}`;
      const part = line % linesPerPort;
      return part > 0 || isBrokenOut ? `${port}s${part}` : port;
    },
  },
};

/** From which vendor's names to which. */
export interface Translation {
  readonly from: SwitchVendor;
  readonly to: SwitchVendor;
}

/**
 * What the ports of a switch are called on a switch of another vendor, by their own names. `names` are all ports of the
 * switch, for whether one is broken out shows in the others. Throws failed_precondition that names what names no port.
 */
export function translatePorts(
  names: readonly string[],
  { from, to }: Translation,
): ReadonlyMap<string, string> {
  if (from === to) return new Map(names.map((name) => [name, name]));
  const lines = new Map(names.map((name) => [name, namings[from].lineOf(name)]));
  const strange = names.filter((name) => lines.get(name) === undefined);
  if (strange.length > 0)
    throw precondition(
      `${strange.map((name) => `"${name}"`).join(", ")}: not the name of a port of ${from}`,
    );
  const counts = Map.groupBy(new Set(lines.values()), (line = 0) =>
    Math.floor(line / linesPerPort),
  );
  return new Map(
    Array.from(lines, ([name, line = 0]) => {
      const group = counts.get(Math.floor(line / linesPerPort)) ?? [];
      return [name, namings[to].nameOf(line, group.length > 1)];
    }),
  );
}
