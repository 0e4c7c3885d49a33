// Rules of an entity that its proto cannot state are checked all at once: whoever repairs a file wants to see
// everything that is wrong with it.
import { invalid } from "./errors.ts";

/** A rule that an entity violates. */
export interface Fault {
  /** The field, by its proto names: `disks[0].partitions[1].number`. */
  readonly path: string;
  readonly reason: string;
}

/** Who is told about faults while more of them are looked for. */
export type Report = (path: string, reason: string) => void;

// An error goes into headers of the answer, so it says no more than anyone would read.
const maxNamed = 20;
const maxLineCharacters = 300;

/** Throws invalid_argument that names the faults, if there are any. `entity` is the field of the request. */
export function assertFaultless(entity: string, faults: readonly Fault[]): void {
  if (faults.length === 0) return;
  const lines = faults
    .slice(0, maxNamed)
    .map(({ path, reason }) => shortened(`${entity}.${path}: ${reason}`));
  const rest = faults.length - lines.length;
  throw invalid([...lines, ...(rest > 0 ? [`and ${rest} more`] : [])].join("; "));
}

function shortened(line: string): string {
  if (line.length <= maxLineCharacters) return line;
  return `${line.slice(0, maxLineCharacters).toWellFormed()}…`;
}
