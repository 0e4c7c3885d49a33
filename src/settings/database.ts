// The database that the settings name: by a URL, or by a file with the URL.
import type { Report } from "../domain/problem.ts";
import { type DatabaseUrl, databaseUrl } from "./database-url.ts";
import { readKey } from "./key.ts";

/** What the settings say about the database. */
export interface DatabaseSettings {
  readonly "database-url"?: string | undefined;
  readonly "database-url-file"?: string | undefined;
}

const place = "database-url";

/** The database; undefined if none is named. What is wrong is reported, and never quoted. */
export function readDatabase(settings: DatabaseSettings, report: Report): DatabaseUrl | undefined {
  const file = settings["database-url-file"];
  const text = readKey({ place, key: settings[place], file }, report);
  if (text === undefined) return undefined;
  const checked = databaseUrl(text.trim());
  if ("value" in checked) return checked.value;
  report({ setting: file === undefined ? place : `${place}-file`, ...checked });
  return undefined;
}
