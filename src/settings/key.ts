// A key as settings give it: written out, or in a file.
import type { Report } from "../domain/problem.ts";
import { readText } from "./text-file.ts";

/** Where a key may come from. At most one of the two is to be given. */
export interface KeySetting {
  /** The setting's name; with "-file" behind it, the name of the other. */
  readonly place: string;
  readonly key?: string | undefined;
  readonly file?: string | undefined;
}

/** The key; undefined if none is given or it cannot be read. Only the last line break of a file is no part of it. */
export function readKey({ place, key, file }: KeySetting, report: Report): string | undefined {
  if (file === undefined) return key;
  const setting = `${place}-file`;
  if (key !== undefined) {
    report({ setting, reason: `is given beside ${place}`, remedy: "give one of the two" });
    return undefined;
  }
  const contents = readText(file);
  if ("text" in contents) return contents.text.replace(/\r?\n$/, "");
  // Not even the name: somebody may have written the key in its place.
  const reason = `names a file that ${contents.reason}`;
  report({ setting, reason, remedy: "name a readable file that holds the key" });
  return undefined;
}
