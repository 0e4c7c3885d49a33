// Callers in this process, for what a load generator cannot do: calls that depend on the answers before them.

/** How many callers, and for how long. */
export interface Callers {
  readonly callers: number;
  readonly seconds: number;
}

/** Has every caller do `work` again and again. Resolves to how long each took, in milliseconds, in ascending order. */
export async function repeat(
  { callers, seconds }: Callers,
  work: (caller: number) => Promise<void>,
): Promise<number[]> {
  const untilMs = performance.now() + seconds * 1000;
  const tookMs: number[] = [];
  const act = async (caller: number) => {
    for (let begun = performance.now(); begun < untilMs; begun = performance.now()) {
      await work(caller);
      tookMs.push(performance.now() - begun);
    }
  };
  await Promise.all(Array.from({ length: callers }, (_, caller) => act(caller)));
  return tookMs.sort((a, b) => a - b);
}
