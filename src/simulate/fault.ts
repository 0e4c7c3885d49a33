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
