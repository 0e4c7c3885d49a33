// The key that encrypts what must not lie readable in the store.
import { newKeyRemedy, weakness } from "../auth/key-rules.ts";
import type { Report } from "../domain/problem.ts";
import { readKey } from "./key.ts";

/** What the settings say, by their names. */
export interface SecretsKeySettings {
  readonly "secrets-key"?: string | undefined;
  readonly "secrets-key-file"?: string | undefined;
}

/** The key; undefined if none is set, or it is too weak. Problems never quote it. */
export function readSecretsKey(settings: SecretsKeySettings, report: Report): string | undefined {
  const place = "secrets-key";
  const file = settings[`${place}-file`];
  const key = readKey({ place, key: settings[place], file }, report);
  const reason = key === undefined ? undefined : weakness(key);
  if (reason === undefined) return key;
  const setting = file === undefined ? place : `${place}-file`;
  report({ setting, reason, remedy: newKeyRemedy });
  return undefined;
}
