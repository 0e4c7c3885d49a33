// Waiting for something to happen in the store, without missing what happens in between.
import type { Store } from "../../store/store.ts";

/** Waits, again and again, until it is disposed of. */
export interface Pause extends Disposable {
  /** Resolves soon after the first commit since the last time, after the longest time, or when the signal aborts. */
  readonly wait: (signal: AbortSignal) => Promise<void>;
}

/** Commits come in swarms: so long after one, those that follow are waited for, in milliseconds. */
const swarmMs = 20;

/** Follows the commits with a change, and waits `longestMs` milliseconds at most. */
export function createPause(changes: Store["changes"], longestMs: number): Pause {
  let happened = false;
  let wake = () => {};
  const stop = changes.onCommit(() => {
    happened = true;
    wake();
  });
  const pause = async (ms: number, signal: AbortSignal) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    wake = resolve;
    signal.addEventListener("abort", wake, { once: true });
    if (signal.aborted || happened) resolve();
    await promise;
    signal.removeEventListener("abort", wake);
    clearTimeout(timer);
  };
  return {
    async wait(signal) {
      await pause(longestMs, signal);
      if (happened && !signal.aborted) await new Promise((resolve) => setTimeout(resolve, swarmMs));
      happened = false;
    },
    [Symbol.dispose]: stop,
  };
}
