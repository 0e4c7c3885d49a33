// Time and patience of simulated components: they wait, call, and call again when the server does not answer.
import { setTimeout as sleep } from "node:timers/promises";
import { Code, ConnectError } from "@connectrpc/connect";

/** Waits; ends at once, with the reason, when the signal aborts. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal });
}

/** What passes by itself: the server is away, busy, or somebody else was faster. */
const passing: ReadonlySet<Code> = new Set([
  Code.Unavailable,
  Code.Aborted,
  Code.Canceled,
  Code.DeadlineExceeded,
  Code.ResourceExhausted,
  Code.Internal,
  Code.Unknown,
]);

/** How long a component waits before it tries again, in milliseconds. */
const againMs = 1_000;
/** How long it waits for an answer, in milliseconds. */
export const answerMs = 10_000;

/** What a call is given. */
export interface CallTerms {
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

/** Calls until the server answers. Throws what does not pass by itself, and the reason of the signal. */
export async function persist<T>(
  signal: AbortSignal,
  call: (terms: CallTerms) => Promise<T>,
): Promise<T> {
  for (;;) {
    try {
      return await call({ signal, timeoutMs: answerMs });
    } catch (error) {
      signal.throwIfAborted();
      if (!passing.has(ConnectError.from(error).code)) throw error;
      await pause(againMs, signal);
    }
  }
}

/** Does `work` again and again, `ms` apart, until the signal aborts; a failure is told and changes nothing. */
export async function repeat(
  { signal, ms, onError }: Repetition,
  work: () => Promise<void>,
): Promise<void> {
  while (!signal.aborted) {
    await work().catch((error: unknown) => signal.aborted || onError(error));
    await pause(ms, signal).catch(() => {});
  }
}

/** How to repeat. */
export interface Repetition {
  readonly signal: AbortSignal;
  readonly ms: number;
  readonly onError: (error: unknown) => void;
}
