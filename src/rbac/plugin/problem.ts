// A finding about one rpc, and how a list of them is shown.
import { exactly, type Place } from "./place.ts";

/** What is wrong with the rule of one rpc, and what to do. */
export interface Problem {
  readonly place: Place;
  /** "package.Service/Method". */
  readonly rpc: string;
  readonly text: string;
}

/** All problems as one text: a heading, then a line for each in the order of the files. */
export function describe(problems: readonly Problem[]): string {
  const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
  const lines = problems.toSorted(byPlace).map(line);
  return [`${count} with the rules of rpcs, nothing is written`, ...lines].join("\n");
}

function line({ place, rpc, text }: Problem): string {
  return `${exactly(place)}: rpc ${rpc}: ${text}`;
}

function byPlace({ place: a }: Problem, { place: b }: Problem): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  return a.line - b.line || a.column - b.column;
}
