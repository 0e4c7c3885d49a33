// What several rounds come to: the median, and how far they lie apart.

/** The middle, the least and the largest of some measurements. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** The spread of at least one number; of an even count the lower of the two in the middle is the median. */
export function spreadOf(numbers: readonly number[]): Spread {
  const sorted = numbers.toSorted((a, b) => a - b);
  return { median: quantile(sorted, 0.5), min: quantile(sorted, 0), max: quantile(sorted, 1) };
}

/** The smallest of the ascending numbers that at least `share` of all do not exceed. Throws if there are none. */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  const found = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  if (found === undefined) throw new RangeError("nothing was measured");
  return found;
}

/** The spread of numbers that belong together by pairs, one divided by the other. */
export function ratioOf(numbers: readonly number[], by: readonly number[]): Spread {
  return spreadOf(numbers.map((number, at) => number / (by[at] ?? Number.NaN)));
}

/** What `work` measured, so many times one after the other. */
export async function several<R>(times: number, work: (round: number) => Promise<R>): Promise<R[]> {
  const found: R[] = [];
  for (let round = 0; round < times; round += 1) found.push(await work(round));
  return found;
}

/** The spread of each number over all rounds. */
export function spreads<K extends string>(
  rounds: ReadonlyArray<Readonly<Record<K, number>>>,
): Record<K, Spread> {
  const keys = Object.keys(rounds[0] ?? {}) as K[];
  const entries = keys.map((key) => [key, spreadOf(rounds.map((each) => each[key]))]);
  return Object.fromEntries(entries) as Record<K, Spread>;
}
