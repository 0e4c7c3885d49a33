// Sets of Unicode code points as ranges: what one place of a glob accepts.

/** Inclusive ranges, ascending, with gaps between them. */
export type CodePointSet = readonly (readonly [first: number, last: number])[];

const lastCodePoint = 0x10ffff;

/** Accepts every code point. */
export const everyCodePoint: CodePointSet = [[0, lastCodePoint]];

/** The set of all code points in inclusive ranges, given in any order; a reversed range holds none. */
export function codePointSet(ranges: CodePointSet): CodePointSet {
  const ascending = ranges.filter(([first, last]) => first <= last).sort((a, b) => a[0] - b[0]);
  return ascending.reduce<CodePointSet>((merged, [first, last]) => {
    const [from, to] = merged.at(-1) ?? [first, first];
    if (first > to + 1) return [...merged, [first, last]];
    return [...merged.slice(0, -1), [from, Math.max(to, last)]];
  }, []);
}

/** Every code point that is not in `set`. */
export function complement(set: CodePointSet): CodePointSet {
  const beginnings = [0, ...set.map(([, last]) => last + 1)];
  const ends = [...set.map(([first]) => first - 1), lastCodePoint];
  return codePointSet(beginnings.map((first, at) => [first, ends[at] ?? lastCodePoint] as const));
}

/** Is the code point in the set? */
export function contains(set: CodePointSet, codePoint: number): boolean {
  return set.some(([first, last]) => first <= codePoint && codePoint <= last);
}

/** Is there a code point in both sets? */
export function intersect(a: CodePointSet, b: CodePointSet): boolean {
  return a.some(([first, last]) => b.some((other) => first <= other[1] && other[0] <= last));
}
