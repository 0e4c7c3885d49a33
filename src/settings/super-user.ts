// The password of the account that machines create on their BMCs.
import type { Report } from "../domain/problem.ts";
import { readKey } from "./key.ts";

/** What the settings say, by their names. */
export interface SuperUserSettings {
  readonly "bmc-superuser-password"?: string | undefined;
  readonly "bmc-superuser-password-file"?: string | undefined;
}

/** IPMI 2.0 has room for no more (section 22.30, 20 bytes); what BMCs accept differs. */
const maxBytes = 20;
const minBytes = 8;

/** The password; undefined if none is set, or it is wrong. Problems never quote it. */
export function readSuperUserPassword(
  settings: SuperUserSettings,
  report: Report,
): string | undefined {
  const place = "bmc-superuser-password";
  const file = settings[`${place}-file`];
  const password = readKey({ place, key: settings[place], file }, report);
  if (password === undefined) return undefined;
  const bytes = Buffer.byteLength(password);
  if (bytes >= minBytes && bytes <= maxBytes && /^[\x21-\x7e]+$/.test(password)) return password;
  report({
    setting: file === undefined ? place : `${place}-file`,
    reason: "is no password that BMCs take",
    remedy: `give ${minBytes} to ${maxBytes} visible ASCII characters, without blanks`,
  });
  return undefined;
}
