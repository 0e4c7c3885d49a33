// What goes wrong with simulated machines: rarely, and for the same seed at the same boots.
import { chanceOf } from "./chance.ts";

/** What goes wrong in a boot: it crashes once, several boots in a row do, or the machine falls silent. */
export type Fault = "crash" | "loop" | "silence";

/** A fault, and the event after which it happens. */
export interface Mishap {
  readonly fault: Fault;
  readonly after: string;
}

/** How likely each fault is in a boot. */
const likelihoods: readonly (readonly [fault: Fault, likelihood: number])[] = [
  ["crash", 0.03],
  ["loop", 0.01],
  ["silence", 0.005],
];

const moments = ["Preparing", "Registering", "Installing"] as const;

/** What goes wrong in the boots of a machine, boot by boot; mostly nothing. */
export function createMishaps(seed: number, machine: string): () => Mishap | undefined {
  const chance = chanceOf(seed, `mishaps of ${machine}`);
  return () => {
    const [what, when] = [chance(), chance()];
    const after = moments[Math.floor(when * moments.length)] ?? moments[0];
    let sum = 0;
    const found = likelihoods.find(([, likelihood]) => what < (sum += likelihood));
    return found && { fault: found[0], after };
  };
}

/** How installing again is given up: with the old system still on its disk, or after that was wiped. */
export type Retreat = "kept" | "wiped";

/** One in so many attempts to install again is given up. */
const retreatEvery = 4;

/** How a machine gives up being installed again, attempt by attempt; mostly it does not. */
export function createRetreats(seed: number, machine: string): () => Retreat | undefined {
  const chance = chanceOf(seed, `retreats of ${machine}`);
  return () => {
    const [what, how] = [chance(), chance()];
    if (what * retreatEvery >= 1) return undefined;
    return how < 0.5 ? "kept" : "wiped";
  };
}

/** One in so many commands that people give to a BMC fails. */
const bmcFailureEvery = 12;

const bmcReasons = [
  "session timed out",
  "node busy",
  "insufficient resources for session",
] as const;

/** Why commands fail that people give to the BMC of a machine, one by one; mostly they do not. */
export function createBmcFailures(seed: number, machine: string): () => string | undefined {
  const chance = chanceOf(seed, `BMC of ${machine}`);
  return () => {
    const [what, why] = [chance(), chance()];
    if (what * bmcFailureEvery >= 1) return undefined;
    return bmcReasons[Math.floor(why * bmcReasons.length)];
  };
}
