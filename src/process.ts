// One run of the server, from its settings to its end.
import cluster from "node:cluster";
import { type AddressInfo, isIPv6 } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { type Logger, pino } from "pino";
import { type App, createApp } from "./app.ts";
import { signer } from "./audit/seal.ts";
import { openSinks } from "./audit/sinks/open.ts";
import { firstStart, recordApiUrl } from "./auth/first-start.ts";
import type { HmacUser } from "./auth/hmac.ts";
import type { IssuerSettings } from "./auth/oidc/issuer.ts";
import { parseIssuers } from "./auth/oidc/settings.ts";
import { ownSecretsKey } from "./auth/secrets-file.ts";
import { type Config, type Reading, readConfig, version, windowSecondsOf } from "./config.ts";
import { problemText, SetupError } from "./domain/problem.ts";
import { systemErrorCode } from "./domain/system-error.ts";
import { firmwareFolder, openFirmware } from "./firmware/open.ts";
import { startObservability, workersMetrics } from "./observability.ts";
import { MountError } from "./rbac/mount.ts";
import { createSealer, type Sealer } from "./secrets/sealer.ts";
import { openSqliteStore } from "./store/sqlite.ts";
import type { Simulation } from "./simulate/simulation.ts";
import type { Store } from "./store/store.ts";
import type { Vpn } from "./vpn/vpn.ts";
import { createSupervisor, EndedError } from "./workers.ts";
import { portOf, ratesOf, secure } from "./transport.ts";

type Settled = Extract<Reading, { readonly kind: "config" }>;

/** Exit status for settings with which the server does not start. */
const wrongSettings = 2;

/** Reads the settings and the files they name, says what is wrong, and starts nothing. */
const checkFlag = "--check";

/** Runs the server until a signal ends it. */
export async function run(argv: readonly string[], environment: NodeJS.ProcessEnv): Promise<void> {
  const given = argv.filter((argument) => argument !== checkFlag);
  const reading = readConfig({ argv: given, environment });
  if (reading.kind === "text") return void process.stdout.write(reading.text);
  try {
    if (reading.kind === "problems") throw new SetupError(reading.problems);
    if (argv.includes(checkFlag)) return check(reading);
    const alone = reading.config.workers === 1 || cluster.isWorker;
    await (alone ? serve(reading) : supervise(reading));
  } catch (error) {
    if (!(error instanceof SetupError || error instanceof MountError)) throw error;
    process.stderr.write(`metal-connect does not start:\n${indented(error)}\n`);
    process.exitCode = wrongSettings;
    // Else the channel to the process that watches over it would keep it alive.
    cluster.worker?.disconnect();
  }
}

/** What is not checked before a server is made of it. */
function check({ config }: Settled): void {
  issuersOf(config);
  process.stdout.write("the settings are fine\n");
}

function indented(error: SetupError | MountError): string {
  const lines = error instanceof SetupError ? error.problems.map(problemText) : error.problems;
  return lines.map((line) => `  ${line}`).join("\n");
}

/** The log; those of workers say which one it is. */
function logOf({ config }: Settled): Logger {
  const { worker } = cluster;
  const base = worker === undefined ? null : { worker: worker.id };
  return pino({ level: config["log-level"], base }, pino.destination(2));
}

/** Watches over several servers, each of which is another process of the same program. */
async function supervise(settled: Settled): Promise<void> {
  const { config, tls, database } = settled;
  const log = logOf(settled);
  const others = issuersOf(config).length > 0 || settled.certificateUsers.length > 0;
  const identities = await usersOf(config, { configured: settled.hmacUsers, others, log });
  const signals = tls === undefined ? [] : (["SIGHUP"] as const);
  const supervisor = createSupervisor({ count: config.workers, log, signals });
  const metrics = await workersMetrics(config, { ready: () => supervisor.complete, log });
  stopOnSignal(async () => {
    process.exitCode = await supervisor.stop();
    await metrics?.close();
  }, log);
  try {
    const { address, port } = await supervisor.start();
    const family = isIPv6(address) ? "IPv6" : "IPv4";
    const url = urlOf(tls ? "https" : "http", { family, address, port });
    if (identities.own) await recordApiUrl(config.data, url);
    const kept = { data: config.data, ...(database && { database }) };
    const metricsUrl = metrics && { metricsUrl: urlOf("http", metrics.address) };
    const startedInMs = Math.round(performance.now());
    log.info({ url, ...metricsUrl, ...kept, workers: config.workers, startedInMs }, "serving");
  } catch (error) {
    if (!(error instanceof EndedError)) throw error;
    // The worker has said why.
    await supervisor.stop();
    await metrics?.close();
    process.exitCode = error.status;
  }
}

async function serve(settled: Settled): Promise<void> {
  const { config, hmacUsers, certificateUsers, database, tls, superUserPassword } = settled;
  const log = logOf(settled);
  const issuers = issuersOf(config);
  const others = issuers.length > 0 || certificateUsers.length > 0;
  const identities = await usersOf(config, { configured: hmacUsers, others, log });
  const secured = tls && secure(config, tls, log);
  const simulation = await simulationOf(config);
  const environment = process.env;
  const observability = await startObservability({ config, environment, version: version(), log });
  const sealer = await sealerOf(settled);
  const store = observability.watchStore(await openStore(settled, sealer));
  let url: string | undefined;
  const firmware = await firmwareOf(settled, () => url);
  const vpn = await vpnOf(settled);
  const app = await createApp({
    store,
    users: [...identities.users, ...(simulation?.users ?? [])],
    certificateUsers,
    issuers,
    providerTenant: config["provider-tenant"],
    version: version(),
    log,
    windowSecondsOf: windowSecondsOf(config),
    ...(superUserPassword !== undefined && { superUserPassword }),
    sealer,
    auditSinks: await openSinks(settled.audit, version()),
    ...(settled.audit.keepMs !== undefined && { auditKeepMs: settled.audit.keepMs }),
    ...(settled.audit.signingKey && { auditSign: signer(settled.audit.signingKey) }),
    firmware,
    firmwareLimit: config["firmware-size-limit"] * bytesPerMegabyte,
    ...(vpn && { vpn }),
    rates: ratesOf(config),
    port: portOf(config, secured),
    ...observability.options,
  });
  url = await listen(app, config.listen, tls ? "https" : "http");
  const metricsUrl = await listenForMetrics(config, app, () =>
    observability.listen(app, secured?.certificateEndMs),
  );
  if (identities.own && cluster.isPrimary) await recordApiUrl(config.data, url);
  const kept = { data: config.data, ...(database && { database }) };
  const stop = async () => {
    simulation?.stop();
    app.leave();
    await pause(config["shutdown-delay"] * 1000);
    await app.close(config["shutdown-grace"] * 1000);
    await observability.stop();
    cluster.worker?.disconnect();
  };
  stopOnSignal(stop, log);
  // Whoever reads this may send the signal at once.
  const startedInMs = Math.round(performance.now());
  // Of workers, whoever watches over them says so when all are there.
  log[cluster.isWorker ? "debug" : "info"]({ url, ...metricsUrl, ...kept, startedInMs }, "serving");
  simulation?.start(url, log);
}

// What most servers do without is loaded by those that are set up with it, here and below: the others start sooner and
// stay smaller.
async function simulationOf(config: Config): Promise<Simulation | undefined> {
  const { simulate: size, "simulate-seed": seed } = config;
  if (size === undefined) return undefined;
  const { createSimulation } = await import("./simulate/simulation.ts");
  return createSimulation({ ...size, seed });
}

async function vpnOf({ headscale }: Settled): Promise<Vpn | undefined> {
  if (headscale === undefined) return undefined;
  const { createHeadscale } = await import("./vpn/headscale.ts");
  return createHeadscale(headscale);
}

/** Seals with the key of the settings; without one, with a key of this data folder's own. */
async function sealerOf({ config, secretsKeys }: Settled): Promise<Sealer> {
  const { current, previous } = secretsKeys;
  const key = current ?? (await ownSecretsKey(config.data));
  return createSealer(key, previous === undefined ? [] : [previous]);
}

const bytesPerMegabyte = 1_000_000;

/** The store for firmware; `listening` tells where this server listens, as soon as it does. */
function firmwareOf({ config, s3 }: Settled, listening: () => string | undefined) {
  const folder = firmwareFolder(config.data);
  return openFirmware({ s3, folder, publicUrl: config["public-url"], listening });
}

/** Opens the store that the settings name, or says what is wrong with it, and never a password. */
async function openStore({ config: { data }, database }: Settled, sealer: Sealer): Promise<Store> {
  try {
    if (database === undefined) return await openSqliteStore(data, { sealer });
    const { openPostgresStore } = await import("./store/postgres.ts");
    return await openPostgresStore({ url: database.reveal() }, { sealer });
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    const remedy = "nothing was changed there";
    if (database === undefined) throw new SetupError([{ setting: "data", reason: text, remedy }]);
    const reason = `cannot open the store in ${database.toString()}: ${text}`;
    throw new SetupError([{ setting: "database-url", reason, remedy }]);
  }
}

/** What keeps an address from being listened on, in words. */
const listenFaults: Readonly<Record<string, string>> = {
  EADDRINUSE: "is taken",
  EACCES: "may not be listened on by this process",
  EADDRNOTAVAIL: "is no address of this machine",
  ENOTFOUND: "is no known name",
};

/** Listens and returns the address that clients use. */
async function listen(
  app: App,
  { host, port }: Config["listen"],
  scheme: "http" | "https",
): Promise<string> {
  try {
    return urlOf(scheme, await app.listen(host, port));
  } catch (error) {
    await app.close(0);
    throw listenProblem("listen", { host, port }, error);
  }
}

async function listenForMetrics(
  { "metrics-listen": address }: Config,
  app: App,
  bind: () => Promise<AddressInfo | undefined>,
): Promise<{ readonly metricsUrl?: string }> {
  try {
    const bound = await bind();
    return bound === undefined ? {} : { metricsUrl: urlOf("http", bound) };
  } catch (error) {
    await app.close(0);
    throw address === undefined ? error : listenProblem("metrics-listen", address, error);
  }
}

function urlOf(scheme: "http" | "https", { family, address, port }: AddressInfo): string {
  return `${scheme}://${family === "IPv6" ? `[${address}]` : address}:${port}`;
}

function listenProblem(setting: string, { host, port }: Config["listen"], error: unknown): unknown {
  const fault = listenFaults[systemErrorCode(error) ?? ""];
  if (fault === undefined) return error;
  const remedy = "name another address, or stop what listens there";
  return new SetupError([{ setting, reason: `${host}:${port} ${fault}`, remedy }]);
}

function issuersOf(config: Config): readonly IssuerSettings[] {
  const { "oidc-issuer": issuer, "oidc-audience": audience, oidc } = config;
  const shorthand = issuer === undefined ? [] : [{ issuer, audience }];
  const listed: readonly unknown[] = Array.isArray(oidc) ? oidc : [];
  const wrong = oidc !== undefined && !Array.isArray(oidc);
  const { issuers, problems } = parseIssuers(wrong ? oidc : [...listed, ...shorthand]);
  if (problems.length === 0) return issuers;
  const remedy = "correct the file; docs/operate/identities.md lists what an issuer may say";
  throw new SetupError(problems.map((reason) => ({ setting: "oidc", reason, remedy })));
}

interface Identities {
  readonly configured: readonly HmacUser[];
  /** There are users without an HMAC key. */
  readonly others: boolean;
  readonly log: Logger;
}

/** The configured users; at a start without anybody, users with keys of their own making. */
async function usersOf(
  config: Config,
  { configured, others, log }: Identities,
): Promise<{ readonly users: readonly HmacUser[]; readonly own: boolean }> {
  if (configured.length > 0 || others) return { users: configured, own: false };
  const { host, port } = config.listen;
  const own = await firstStart({
    data: config.data,
    apiUrl: `http://${host}:${port}`,
    windowSeconds: windowSecondsOf(config),
  });
  if (own.created) log.info({ path: own.path }, "wrote keys for the three default users");
  return { users: own.users, own: true };
}

/** Stops at the first signal; at a second one of the same kind the process just ends. */
function stopOnSignal(stop: () => Promise<void>, log: Logger): void {
  const onSignal = (signal: NodeJS.Signals) => {
    log.info({ signal }, "stopping");
    stop().catch((error: unknown) => {
      log.error({ err: error }, "did not stop cleanly");
      process.exitCode = 1;
    });
  };
  process.once("SIGTERM", onSignal);
  process.once("SIGINT", onSignal);
}
