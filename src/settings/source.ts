// What the three sources of settings have in common, and which of them wins.
import type { Problem, Report } from "../domain/problem.ts";
import { nearest } from "./nearest.ts";
import type { Table, Values } from "./setting.ts";

/** A setting as it was given. */
export interface Given {
  readonly value: unknown;
  /** "--listen", "METAL_LISTEN" or the name of the file. */
  readonly from: string;
}

/** What one source gives, by name of the setting. */
export type Source = ReadonlyMap<string, Given>;

/** A name that is in no table. `write` turns a setting's name into the form of the source. */
export function unknownName(
  written: string,
  known: readonly string[],
  write: (name: string) => string,
): Problem {
  const meant = nearest(written, known.map(write));
  const remedy = meant === undefined ? "see --help for all settings" : `did you mean ${meant}?`;
  return { setting: written, reason: "is no setting", remedy };
}

/** A setting whose form is too rich for a flag or a variable. */
export function fileOnly(written: string, name: string): Problem {
  const remedy = `write "${name}" in the file that --config names`;
  return { setting: written, reason: "can only be given in a file", remedy };
}

/** The checked values, each from the first source that has it. What is wrong is reported and left out. */
export function settle<T extends Table>(
  table: T,
  sources: readonly Source[],
  report: Report,
): Partial<Values<T>> {
  const values = Object.keys(table).map((name) => {
    const given = sources.map((source) => source.get(name)).find((found) => found !== undefined);
    return [name, valueOf(table, name, given, report)] as const;
  });
  // The names are those of the table, and each value passed the check of its row.
  return Object.fromEntries(values) as Partial<Values<T>>;
}

function valueOf(table: Table, name: string, given: Given | undefined, report: Report): unknown {
  const row = table[name];
  const value = given === undefined ? row?.default : given.value;
  if (row === undefined || value === undefined) return undefined;
  const checked = row.check(value);
  if ("value" in checked) return checked.value;
  const setting = given === undefined ? name : `${name} (from ${given.from})`;
  report({ setting, reason: checked.reason, remedy: checked.remedy });
  return undefined;
}
