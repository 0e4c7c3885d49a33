// Places as an operator names them: by the settings of a server, or one by one.
import { statSync } from "node:fs";
import { resolve } from "node:path";
import { readStorage, type Start } from "../config.ts";
import { type Problem, problemText, SetupError } from "../domain/problem.ts";
import { databaseUrl } from "../settings/database-url.ts";
import { readText } from "../settings/text-file.ts";
import { databasePlace, folderPlace, type Place } from "./place.ts";

/** A place is named wrongly. The message has a line for each thing to put right, and quotes no password. */
export class AddressError extends Error {
  override readonly name = "AddressError";
}

/** Where a server keeps things. */
export interface Address {
  readonly place: Place;
  /** Its data folder, also if the store is elsewhere: where it is, and as it was named. */
  readonly data: { readonly path: string; readonly name: string };
}

/** What a server with these settings would use; relative folders begin at `cwd`. Throws AddressError. */
export function addressOf(start: Start, cwd: string): Address {
  try {
    const { data, database } = readStorage(start);
    const path = resolve(cwd, data);
    const place = database === undefined ? folderPlace(path, data) : databasePlace(database);
    return { place, data: { path, name: data } };
  } catch (error) {
    throw error instanceof SetupError ? new AddressError(error.message) : error;
  }
}

/**
 * The place that `text`, the value of `flag`, names: a data folder, a URL of PostgreSQL, or a file that holds such a
 * URL. Throws AddressError.
 */
export function placeAt(text: string, flag: string, cwd: string): Place {
  if (/^postgres(ql)?:/.test(text)) return placeByUrl(text, flag);
  const path = resolve(cwd, text);
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return folderPlace(path, text);
  const contents = readText(path);
  if ("text" in contents) return placeByUrl(contents.text.trim(), flag);
  const reason = `names a file that ${contents.reason}`;
  throw wrong({ setting: flag, reason, remedy: "name a readable file that holds a URL" });
}

function placeByUrl(text: string, flag: string): Place {
  const checked = databaseUrl(text);
  if ("value" in checked) return databasePlace(checked.value);
  throw wrong({ setting: flag, ...checked });
}

const wrong = (problem: Problem) => new AddressError(problemText(problem));
