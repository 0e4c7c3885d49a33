// The settings of TLS: which files, what they hold, and what is asked of clients.
import type { Report } from "../domain/problem.ts";
import type { ClientCertificates } from "../http/tls.ts";
import { type TlsMaterial, tlsFaults } from "../http/tls-material.ts";
import { readText } from "./text-file.ts";

/** The values that were given. */
export interface TlsSettings {
  readonly "tls-cert-file"?: string | undefined;
  readonly "tls-key-file"?: string | undefined;
  readonly "tls-client-ca-file"?: string | undefined;
  readonly "tls-client-cert"?: ClientCertificates | undefined;
  readonly "allow-clear-text"?: boolean | undefined;
  /** The value of "certificates". */
  readonly certificates?: unknown;
}

/** The setting that names the file of each part. */
const settingOf = {
  cert: "tls-cert-file",
  key: "tls-key-file",
  clientCa: "tls-client-ca-file",
} as const satisfies Record<keyof TlsMaterial, keyof TlsSettings>;

const remedies: Readonly<Record<keyof TlsMaterial, string>> = {
  cert: "name a PEM file with a certificate of this server that is good now",
  key: "name the PEM file with the key of the first certificate in tls-cert-file",
  clientCa: "name a PEM file with the authorities of your clients",
};

/** What TLS is to be made of; undefined without TLS, and if something about it is wrong, which is reported. */
export function readTls(settings: TlsSettings, report: Report): TlsMaterial | undefined {
  const problems = contradictions(settings);
  problems.forEach(report);
  if (problems.length > 0) return undefined;
  return readTlsFiles(settings, report);
}

/** The same, when the settings are known to agree with each other: to be read again while the server runs. */
export function readTlsFiles(settings: TlsSettings, report: Report): TlsMaterial | undefined {
  const cert = readPart("cert", settings, report);
  const key = readPart("key", settings, report);
  const clientCa = readPart("clientCa", settings, report);
  if (cert === undefined || key === undefined) return undefined;
  if (clientCa === undefined && settings[settingOf.clientCa] !== undefined) return undefined;
  const material = { cert, key, ...(clientCa !== undefined && { clientCa }) };
  const faults = tlsFaults(material);
  for (const { part, reason } of faults)
    report({ setting: settingOf[part], reason, remedy: remedies[part] });
  return faults.length === 0 ? material : undefined;
}

/** What becomes of client certificates: those that are shown are looked at if there is somebody to vouch for them. */
export function clientCertificatesOf(settings: TlsSettings): ClientCertificates {
  if (settings["tls-client-ca-file"] === undefined) return "none";
  return settings["tls-client-cert"] ?? "optional";
}

function readPart(part: keyof TlsMaterial, settings: TlsSettings, report: Report) {
  const path = settings[settingOf[part]];
  if (path === undefined) return undefined;
  const contents = readText(path);
  if ("text" in contents) return contents.text;
  const reason = `names a file that ${contents.reason}`;
  report({ setting: settingOf[part], reason, remedy: remedies[part] });
  return undefined;
}

const missing = (setting: string, beside: string) => ({
  setting,
  reason: `is missing beside ${beside}`,
  remedy: `set ${setting}, or leave ${beside} out`,
});

function contradictions(settings: TlsSettings) {
  const has = (name: keyof TlsSettings) => settings[name] !== undefined;
  const wants = has("tls-client-cert") && settings["tls-client-cert"] !== "none";
  const needs: ReadonlyArray<readonly [boolean, keyof TlsSettings, keyof TlsSettings]> = [
    [has("tls-cert-file"), "tls-key-file", "tls-cert-file"],
    [has("tls-key-file"), "tls-cert-file", "tls-key-file"],
    [has("tls-client-ca-file"), "tls-cert-file", "tls-client-ca-file"],
    [wants, "tls-client-ca-file", "tls-client-cert"],
    [has("certificates"), "tls-client-ca-file", "certificates"],
  ];
  const absent = needs.filter(([given, needed]) => given && !has(needed));
  const pointless = has("tls-cert-file") && settings["allow-clear-text"] === true;
  const unheard = has("certificates") && settings["tls-client-cert"] === "none";
  return [
    ...absent.map(([, needed, beside]) => missing(needed, beside)),
    ...(pointless ? [clearTextBeside] : []),
    ...(unheard ? [nobodyIsAsked] : []),
  ];
}

const nobodyIsAsked = {
  setting: "certificates",
  reason: "lists users, and tls-client-cert is none",
  remedy: "set tls-client-cert to optional or required",
};

const clearTextBeside = {
  setting: "allow-clear-text",
  reason: "is true beside tls-cert-file, and there is one port",
  remedy: "leave one of them out",
};
