// Waiting with an end: for a signal, or for a limit of time.

/**
 * The result of `work`, or a rejection with the signal's reason if that aborts first. Leaves no trace at the signal
 * once it has settled; a race against one promise that lives as long as a stream would hold on to every message.
 */
export function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
    const settle = () => signal.removeEventListener("abort", stop);
    void work.then(resolve, reject).finally(settle);
  });
}

/** Something took longer than it may. */
export class TimeLimitError extends Error {
  override readonly name = "TimeLimitError";
}

/** The result of `work`, or a rejection with TimeLimitError after `limitMs` milliseconds, or with the signal's reason. */
export function untilLimit<T>(
  work: Promise<T>,
  { limitMs, signal }: { readonly limitMs: number; readonly signal?: AbortSignal },
): Promise<T> {
  return new Promise((resolve, reject) => {
    const end = () => reject(new TimeLimitError(`took longer than ${limitMs} ms`));
    const timer = setTimeout(end, limitMs);
    const stop = () => {
      // The work may hang for good.
      clearTimeout(timer);
      reject(signal?.reason);
    };
    signal?.addEventListener("abort", stop, { once: true });
    if (signal?.aborted) stop();
    const settle = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", stop);
    };
    work.then(settle, settle);
    work.then(resolve, reject);
  });
}
