// Waiting for a state of the world instead of for a time that it should take.
import { setTimeout as pause } from "node:timers/promises";

/** Says that something never happens, not how fast it has to be: in milliseconds, for the busiest machine. */
const limitMs = 30_000;

/** Resolves when `condition` holds. Rejects, and says which, if it does not within half a minute. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const endMs = performance.now() + limitMs;
  while (!(await condition())) {
    if (performance.now() > endMs) throw new Error(`it never came to ${condition.toString()}`);
    await pause(5);
  }
}
