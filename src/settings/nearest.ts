// What somebody probably meant by a name that does not exist.

const maxEdits = 2;

/** The name that takes the fewest edits to reach, if that is at most two; undefined otherwise. */
export function nearest(name: string, names: readonly string[]): string | undefined {
  const ranked = names
    .map((candidate) => ({ candidate, edits: distance(name, candidate) }))
    .toSorted((a, b) => a.edits - b.edits);
  return ranked.find(({ edits }) => edits <= maxEdits)?.candidate;
}

/** Levenshtein's distance, row by row. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let at = 0; at < a.length; at += 1) row = nextRow(row, at + 1, a.charAt(at), b);
  return row[b.length] ?? 0;
}

function nextRow(above: readonly number[], first: number, letter: string, b: string): number[] {
  const row = [first];
  for (let at = 1; at <= b.length; at += 1) {
    const change = b[at - 1] === letter ? 0 : 1;
    const [left, up, diagonal] = [row[at - 1] ?? 0, above[at] ?? 0, above[at - 1] ?? 0];
    row.push(Math.min(left + 1, up + 1, diagonal + change));
  }
  return row;
}
