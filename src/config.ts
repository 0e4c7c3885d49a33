// Every setting in one table: name, default, meaning, check. Flags, variables, the file and the help all read it.
import { readFileSync } from "node:fs";
import { isIPv4 } from "node:net";
import type { CertificateUser } from "./auth/certificate.ts";
import type { HmacUser } from "./auth/hmac-user.ts";
import { type Problem, type Report, SetupError } from "./domain/problem.ts";
import type { S3Settings } from "./firmware/s3.ts";
import type { TlsMaterial } from "./http/tls-material.ts";
import { Role } from "./rbac/role.ts";
import { type AuditSettings, auditSettings, readAudit } from "./settings/audit.ts";
import { readCertificateUsers } from "./settings/certificates.ts";
import { workerProblems } from "./settings/workers.ts";
import { address, asWritten, oneOf, someText, wholeNumber, yesOrNo } from "./settings/check.ts";
import { readDatabase } from "./settings/database.ts";
import type { DatabaseUrl } from "./settings/database-url.ts";
import { type Environment, readEnvironment } from "./settings/environment.ts";
import { readSettingsFile } from "./settings/file.ts";
import { firmwareSettings, readFirmwareS3 } from "./settings/firmware.ts";
import { readFlags } from "./settings/flags.ts";
import { headscaleSettings, readHeadscale } from "./settings/headscale.ts";
import { helpText } from "./settings/help.ts";
import { type HmacSettings, readHmacUsers } from "./settings/hmac-users.ts";
import { networks, rate } from "./settings/limit.ts";
import type { Table, Values } from "./settings/setting.ts";
import { type Source, settle } from "./settings/source.ts";
import { readSecretsKeys, type SecretsKeys } from "./settings/secrets-key.ts";
import { simulationSize } from "./settings/simulation.ts";
import { readSuperUserPassword } from "./settings/super-user.ts";
import { readTls } from "./settings/tls.ts";
import type { HeadscaleSettings } from "./vpn/headscale.ts";

const key = (user: string) => ({
  form: "KEY",
  check: someText,
  meaning: `The key of ${user}: at least 32 bytes. Without one the user does not exist.`,
});
const keyFile = (user: string) => ({
  form: "FILE",
  check: someText,
  meaning: `A file with the key of ${user}; one line break at its end does not count.`,
});
const window = (user: string, seconds: string) => ({
  form: "SECONDS",
  default: seconds,
  check: wholeNumber(1, 300, "seconds"),
  meaning: `How old a signature of ${user} may be, and of every HMAC user with its role.`,
});

/** The table. A new setting is a new row. */
export const settings = {
  config: {
    form: "FILE",
    check: someText,
    outsideFile: true,
    meaning: "A YAML file with settings.",
  },
  listen: {
    form: "HOST:PORT",
    default: "127.0.0.1:8080",
    check: address,
    meaning: "Where to serve. Port 0 takes any free one.",
  },
  "allow-clear-text": {
    form: "BOOLEAN",
    default: "false",
    check: yesOrNo,
    switch: true,
    meaning: "Serve without TLS on an address that other machines reach, behind a proxy with TLS.",
  },
  "tls-cert-file": {
    form: "FILE",
    check: someText,
    meaning: "A PEM file with the certificate of this server and those that vouch for it.",
  },
  "tls-key-file": {
    form: "FILE",
    check: someText,
    meaning: "A PEM file with the key of tls-cert-file. Files of TLS that change are read again.",
  },
  "tls-client-ca-file": {
    form: "FILE",
    check: someText,
    meaning: "A PEM file with the authorities whose client certificates are accepted.",
  },
  "tls-client-cert": {
    form: "WORD",
    check: oneOf("none", "optional", "required"),
    meaning:
      "Whether clients show a certificate: none, optional, required. With tls-client-ca-file it is optional.",
  },
  "tls-min-version": {
    form: "VERSION",
    default: "1.2",
    check: oneOf("1.2", "1.3"),
    meaning: "The oldest version of TLS that is spoken.",
  },
  certificates: {
    form: "LIST",
    check: asWritten,
    fileOnly: "text",
    meaning:
      "Users by their client certificate: {subject: CN=NAME or DNS=NAME or URI=NAME, name, role: view|edit|admin, component}.",
  },
  "metrics-listen": {
    form: "HOST:PORT",
    check: address,
    meaning:
      "Where to answer GET /metrics, /healthz and /readyz, in clear text. Without it, nowhere.",
  },
  workers: {
    form: "NUMBER",
    default: "1",
    check: wholeNumber(1, 64, "workers"),
    meaning:
      "Servers that share the port, each on a core of its own. More than 1 need database-url.",
  },
  "shutdown-delay": {
    form: "SECONDS",
    default: "0",
    check: wholeNumber(0, 300, "seconds"),
    meaning: "How long /readyz says no before the server stops, so that load balancers notice.",
  },
  "shutdown-grace": {
    form: "SECONDS",
    default: "10",
    check: wholeNumber(0, 3600, "seconds"),
    meaning: "How long calls may go on when the server stops.",
  },
  "trusted-proxies": {
    form: "NETWORKS",
    check: networks,
    meaning:
      "Proxies in front of this server, as in 10.0.0.0/8,fd00::1. What they say in X-Forwarded-For is believed.",
  },
  "max-connections": {
    form: "NUMBER",
    default: "5000",
    check: wholeNumber(1, 100_000, "connections"),
    meaning: "Connections at a time; an idle one takes some 25 kB, with TLS 90 kB.",
  },
  "max-connections-per-source": {
    form: "NUMBER",
    default: "1000",
    check: wholeNumber(1, 100_000, "connections"),
    meaning: "Of these, from one IPv4 address or one IPv6 network of 64 bits.",
  },
  "rate-limit-source": {
    form: "RATE",
    default: "100",
    check: rate(5),
    meaning: "Calls per second of one source without a valid credential; five times that at once.",
  },
  "rate-limit-failed-logins": {
    form: "RATE",
    default: "5",
    check: rate(10),
    meaning: "Bad credentials per second of one source; ten times that at once.",
  },
  "rate-limit-principal": {
    form: "RATE",
    default: "1000",
    check: rate(5),
    meaning: "Calls per second of one identity, wherever it calls from; five times that at once.",
  },
  data: {
    form: "FOLDER",
    default: "./data",
    check: someText,
    meaning: "The folder of what this server keeps. Made if missing.",
  },
  "database-url": {
    form: "URL",
    check: someText,
    meaning:
      "The PostgreSQL database of all servers: postgres://USER:PASSWORD@HOST/NAME. Without one, SQLite in data.",
  },
  "database-url-file": {
    form: "FILE",
    check: someText,
    meaning: "A file with the URL, so that its password stands in no list of processes.",
  },
  "hmac-admin-key": key("Metal-Admin"),
  "hmac-edit-key": key("Metal-Edit"),
  "hmac-view-key": key("Metal-View"),
  "hmac-admin-key-file": keyFile("Metal-Admin"),
  "hmac-edit-key-file": keyFile("Metal-Edit"),
  "hmac-view-key-file": keyFile("Metal-View"),
  "hmac-admin-window": window("Metal-Admin", "90"),
  "hmac-edit-window": window("Metal-Edit", "30"),
  "hmac-view-window": window("Metal-View", "30"),
  users: {
    form: "LIST",
    check: asWritten,
    fileOnly: "text",
    meaning:
      "Further HMAC users: {name, type, role: view|edit|admin, component, keys: [{id, key or key-file, not-after}]}.",
  },
  "secrets-key": {
    form: "KEY",
    check: someText,
    meaning:
      "Encrypts keys and passwords in the store: at least 32 bytes, the same on every server. Without one, data/secrets.key is made, but not for PostgreSQL.",
  },
  "secrets-key-file": {
    form: "FILE",
    check: someText,
    meaning: "A file with that key; one line break at its end does not count.",
  },
  "secrets-key-previous": {
    form: "KEY",
    check: someText,
    meaning: "The key before, or the next one, while it is replaced: opens what it encrypted.",
  },
  "secrets-key-previous-file": {
    form: "FILE",
    check: someText,
    meaning: "A file with that key; one line break at its end does not count.",
  },
  "provider-tenant": {
    form: "TENANT",
    default: "metal",
    check: someText,
    meaning: "The tenant that runs the data centre; the default users belong to it.",
  },
  "bmc-superuser-password": {
    form: "PASSWORD",
    check: someText,
    meaning:
      "The password of the account root that machines create on their BMCs. Without one they create none.",
  },
  "bmc-superuser-password-file": {
    form: "FILE",
    check: someText,
    meaning: "A file with that password; one line break at its end does not count.",
  },
  "oidc-issuer": {
    form: "URL",
    check: someText,
    meaning: "An OIDC provider whose tokens are accepted. Needs oidc-audience.",
  },
  "oidc-audience": {
    form: "AUDIENCE",
    check: someText,
    meaning: "What the tokens of oidc-issuer must name as their audience.",
  },
  oidc: {
    form: "LIST",
    check: asWritten,
    fileOnly: "yaml",
    meaning: "Any number of OIDC providers, with claims and role mappings of their own.",
  },
  ...auditSettings,
  ...firmwareSettings,
  ...headscaleSettings,
  simulate: {
    form: "SIZE",
    check: simulationSize,
    meaning:
      'Also simulate a data centre that uses this server, as in "2 partitions, 40 machines". For trying things out.',
  },
  "simulate-seed": {
    form: "NUMBER",
    default: "1",
    check: wholeNumber(0, 999_999_999, "seeds"),
    meaning: "Which data centre to simulate: the same number gives the same one.",
  },
  "log-level": {
    form: "LEVEL",
    default: "info",
    check: oneOf("trace", "debug", "info", "warn", "error", "fatal", "silent"),
    meaning:
      "The least important log entries to write: trace, debug, info, warn, error, fatal, silent.",
  },
} as const satisfies Table;

/** The checked values of all settings, by name. */
export type Config = Values<typeof settings>;

/** What the process is to do, by its arguments and environment. */
export type Reading =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "problems"; readonly problems: readonly Problem[] }
  | {
      readonly kind: "config";
      readonly config: Config;
      /** Empty if no setting names any. */
      readonly hmacUsers: readonly HmacUser[];
      /** Undefined for SQLite in the data folder. */
      readonly database: DatabaseUrl | undefined;
      /** Empty if no setting names any. */
      readonly certificateUsers: readonly CertificateUser[];
      /** What TLS is made of; undefined without. */
      readonly tls: TlsMaterial | undefined;
      /** Of the account that machines create on their BMCs; undefined if they create none. */
      readonly superUserPassword: string | undefined;
      /** What encrypts secrets in the store. */
      readonly secretsKeys: SecretsKeys;
      readonly audit: AuditSettings;
      /** The bucket for firmware; undefined for the data folder. */
      readonly s3: S3Settings | undefined;
      /** Undefined without a VPN. */
      readonly headscale: HeadscaleSettings | undefined;
    };

/** What a process was started with. */
export interface Start {
  /** Without the program's own name. */
  readonly argv: readonly string[];
  readonly environment: Environment;
}

/**
 * Reads the settings: a flag before a variable before the file before the default. "text" is the help or the version,
 * to be printed; "problems" are all there are, not just the first.
 */
export function readConfig(start: Start): Reading {
  if (start.argv.includes("--help")) return { kind: "text", text: helpText(settings) };
  if (start.argv.includes("--version")) return { kind: "text", text: `${version()}\n` };
  const problems: Problem[] = [];
  const report: Report = (problem) => problems.push(problem);
  const values = settle(settings, sourcesOf(start, report), report);
  const hmacUsers = readHmacUsers(hmacSettings(values), report);
  const database = readDatabase(values, report);
  const certificateUsers = readCertificateUsers(values.certificates, report);
  const tls = readTls(values, report);
  const superUserPassword = readSuperUserPassword(values, report);
  const secretsKeys = readSecretsKeys(values, report);
  const audit = readAudit(values, report);
  const s3 = readFirmwareS3(values, report);
  const headscale = readHeadscale(values, report);
  const own = [
    ...clearTextProblems(values),
    ...oidcProblems(values),
    ...simulationProblems(values),
    ...workerProblems(values),
  ];
  own.forEach(report);
  if (problems.length > 0) return { kind: "problems", problems };
  // Without a problem, every row has its value.
  const config = values as Config;
  const read = { hmacUsers, database, certificateUsers, tls, superUserPassword, secretsKeys };
  return { kind: "config", config, ...read, audit, s3, headscale };
}

/** The settings that say where the store is. */
const storageSettings = {
  config: settings.config,
  data: settings.data,
  "database-url": settings["database-url"],
  "database-url-file": settings["database-url-file"],
} as const satisfies Table;

/** Where the store is. */
export interface Storage {
  readonly data: string;
  /** Undefined for SQLite in the data folder. */
  readonly database: DatabaseUrl | undefined;
}

/**
 * Where a server with these settings keeps its store. The values of all other settings are not looked at, but a name that
 * is unknown is: it might be a misspelt one of these. Throws SetupError with all problems.
 */
export function readStorage(start: Start): Storage {
  const problems: Problem[] = [];
  const report: Report = (problem) => problems.push(problem);
  const values = settle(storageSettings, sourcesOf(start, report), report);
  const database = readDatabase(values, report);
  if (problems.length > 0 || values.data === undefined) throw new SetupError(problems);
  return { data: values.data, database };
}

function sourcesOf({ argv, environment }: Start, report: Report): Source[] {
  const sources = [
    readFlags(settings, argv, report),
    readEnvironment(settings, environment, report),
  ];
  const path = sources.map((source) => source.get("config")).find((given) => given !== undefined);
  if (typeof path?.value !== "string" || path.value === "") return sources;
  return [...sources, readSettingsFile(settings, path.value, report)];
}

/** For a role without a setting, and while the setting is wrong. */
const shortestWindowSeconds = 30;

const defaultUserSettings = [
  ["hmac-admin", "Metal-Admin"],
  ["hmac-edit", "Metal-Edit"],
  ["hmac-view", "Metal-View"],
] as const;

function hmacSettings(values: Partial<Config>): HmacSettings {
  const windows = windowSecondsOf(values);
  const defaults = defaultUserSettings.map(([stem, name]) => ({
    name,
    place: `${stem}-key`,
    key: values[`${stem}-key`],
    file: values[`${stem}-key-file`],
  }));
  return { defaults, listed: values.users, windowSeconds: windows };
}

/** The window of HMAC users by role, in seconds. */
export function windowSecondsOf(config: Partial<Config>): (role: Role) => number {
  const windows = new Map<Role, number | undefined>([
    [Role.ADMIN, config["hmac-admin-window"]],
    [Role.EDITOR, config["hmac-edit-window"]],
    [Role.VIEWER, config["hmac-view-window"]],
  ]);
  return (role) => windows.get(role) ?? shortestWindowSeconds;
}

function clearTextProblems(values: Partial<Config>): Problem[] {
  const { listen, "allow-clear-text": allowed } = values;
  const secured = values["tls-cert-file"] !== undefined || allowed !== false;
  if (listen === undefined || secured || isLoopback(listen.host)) return [];
  const reason = `other machines reach ${listen.host}, and there is no TLS`;
  const remedy =
    "set tls-cert-file and tls-key-file, or listen on 127.0.0.1, or set allow-clear-text to true behind a proxy with TLS";
  return [{ setting: "listen", reason, remedy }];
}

function simulationProblems(values: Partial<Config>): Problem[] {
  if (values.simulate === undefined || values["tls-cert-file"] === undefined) return [];
  const reason = "the simulated components do not speak TLS";
  return [{ setting: "simulate", reason, remedy: "leave out tls-cert-file" }];
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIPv4(host) && host.startsWith("127."));
}

function oidcProblems(values: Partial<Config>): Problem[] {
  const pair = ["oidc-issuer", "oidc-audience"] as const;
  const missing = pair.filter((name) => values[name] === undefined);
  if (missing.length !== 1) return [];
  const given = pair.find((name) => values[name] !== undefined);
  const reason = `is missing beside ${given}`;
  return missing.map((setting) => ({ setting, reason, remedy: "set both or neither" }));
}

/** The version of the package; "unknown" if its manifest has none. */
export function version(): string {
  const manifest: unknown = JSON.parse(
    readFileSync(new URL("../package.json", import.meta.url), "utf8"),
  );
  const known = typeof manifest === "object" && manifest !== null && "version" in manifest;
  return known ? String(manifest.version) : "unknown";
}
