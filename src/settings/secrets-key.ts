// The keys that encrypt what must not lie readable in the store.
import { newKeyRemedy, weakness } from "../auth/key-rules.ts";
import type { Report } from "../domain/problem.ts";
import { readKey } from "./key.ts";

/** What the settings say, by their names. */
export interface SecretsKeySettings {
  readonly "secrets-key"?: string | undefined;
  readonly "secrets-key-file"?: string | undefined;
  readonly "secrets-key-previous"?: string | undefined;
  readonly "secrets-key-previous-file"?: string | undefined;
  readonly "database-url"?: string | undefined;
  readonly "database-url-file"?: string | undefined;
}

/** The keys that are set. */
export interface SecretsKeys {
  /** Encrypts, and opens; undefined if none is set, or it is too weak. */
  readonly current: string | undefined;
  /** Opens as well; undefined if none is set, or it is too weak. */
  readonly previous: string | undefined;
}

const remedy = "set it to the same 32 random bytes or more on every server";

/** Reads them. Servers that share a database cannot make a key each. Problems never quote one. */
export function readSecretsKeys(settings: SecretsKeySettings, report: Report): SecretsKeys {
  const current = readOne(settings, "secrets-key", report);
  const previous = readOne(settings, "secrets-key-previous", report);
  const given = settings["secrets-key"] ?? settings["secrets-key-file"];
  const shared = settings["database-url"] ?? settings["database-url-file"];
  if (given === undefined && shared !== undefined)
    report({ setting: "secrets-key", reason: "is missing beside database-url", remedy });
  return { current, previous };
}

function readOne(
  settings: SecretsKeySettings,
  place: "secrets-key" | "secrets-key-previous",
  report: Report,
): string | undefined {
  const file = settings[`${place}-file`];
  const key = readKey({ place, key: settings[place], file }, report);
  const reason = key === undefined ? undefined : weakness(key);
  if (reason === undefined) return key;
  const setting = file === undefined ? place : `${place}-file`;
  report({ setting, reason, remedy: newKeyRemedy });
  return undefined;
}
