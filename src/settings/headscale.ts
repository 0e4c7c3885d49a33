// The settings of the VPN.
import type { Report } from "../domain/problem.ts";
import type { HeadscaleSettings } from "../vpn/headscale.ts";
import { someText } from "./check.ts";
import { readKey } from "./key.ts";
import type { Table } from "./setting.ts";
import { webUrl } from "./url.ts";

/** The rows of the table. */
export const headscaleSettings = {
  "headscale-url": {
    form: "URL",
    check: webUrl,
    meaning: "The API of the headscale that keeps the VPN to firewalls. Without one there is none.",
  },
  "headscale-login-url": {
    form: "URL",
    check: webUrl,
    meaning: "Where nodes log in, if that is another address than headscale-url.",
  },
  "headscale-api-key": {
    form: "KEY",
    check: someText,
    meaning: "What lets this server in: the output of `headscale apikeys create`.",
  },
  "headscale-api-key-file": {
    form: "FILE",
    check: someText,
    meaning: "A file with that key; one line break at its end does not count.",
  },
} as const satisfies Table;

/** The values that were given. */
export interface VpnSettings {
  readonly "headscale-url"?: string | undefined;
  readonly "headscale-login-url"?: string | undefined;
  readonly "headscale-api-key"?: string | undefined;
  readonly "headscale-api-key-file"?: string | undefined;
}

/** The server of the VPN; undefined if there is none, and if something about it is wrong, which is reported. */
export function readHeadscale(
  settings: VpnSettings,
  report: Report,
): HeadscaleSettings | undefined {
  const url = settings["headscale-url"];
  const place = "headscale-api-key";
  const [key, file] = [settings[place], settings[`${place}-file`]];
  const apiKey = readKey({ place, key, file }, report);
  const isGiven = key !== undefined || file !== undefined;
  const loginUrl = settings["headscale-login-url"];
  if (url === undefined && (isGiven || loginUrl !== undefined))
    report({
      setting: "headscale-url",
      reason: "is missing beside other settings of headscale",
      remedy: "set it, or leave all of them out",
    });
  if (url !== undefined && !isGiven)
    report({
      setting: place,
      reason: "is missing beside headscale-url",
      remedy: "set it to what `headscale apikeys create` printed",
    });
  if (url === undefined || apiKey === undefined) return undefined;
  return { url, apiKey, loginUrl: loginUrl ?? url };
}
