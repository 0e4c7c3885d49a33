// What Prometheus is told. Labels are procedures, codes and reasons, of which there are few, and never callers.
import {
  AggregatorRegistry,
  collectDefaultMetrics,
  Counter,
  Gauge,
  Histogram,
  Registry,
} from "prom-client";
import type { Observer } from "./observer.ts";

/** Figures that are looked up when somebody asks. */
export interface Figures {
  /** Requests that are open: of callers that are not known, and of those that are. */
  readonly requests: () => { readonly strangers: number; readonly known: number };
  /** Since the keys of each OIDC issuer were confirmed; no age if they never were. */
  readonly issuers: () => Iterable<{ readonly issuer: string; readonly ageSeconds?: number }>;
  /** Audit records that wait to be written. */
  readonly auditWaiting: () => number;
  /** How far seals and copies of the audit are behind. */
  readonly auditLag: () => Promise<AuditLag>;
  /** When the certificate of this server ends, in milliseconds since 1970; undefined without TLS. */
  readonly certificateEndMs?: () => number | undefined;
}

/** How far the audit is behind its records. */
export interface AuditLag {
  /** Records without a seal. */
  readonly unsealed: number;
  /** Since the oldest of their calls arrived. */
  readonly unsealedSeconds: number;
  /** Seals that were not copied yet, by sink. */
  readonly sinks: readonly (readonly [sink: string, seals: number])[];
}

/** How long something of the store took. */
export type StoreTimer = (operation: string, durationMs: number, ok: boolean) => void;

/** The metrics of one server. */
export interface Metrics {
  readonly observer: Observer;
  readonly storeTimer: StoreTimer;
  /** A request was refused because too many were open. */
  readonly surplus: () => void;
  /** Adds figures. To be called once. */
  watch(figures: Figures): void;
  /** Lets the process that watches over this one collect them. */
  share(): void;
  /** All of it in the text format of Prometheus. */
  text(): Promise<string>;
  readonly contentType: string;
}

/** The metrics of all workers of this process: counts and sizes added up, of ages and ends the worst. */
export function collectFromWorkers(): Pick<Metrics, "text" | "contentType"> {
  const registry = new AggregatorRegistry();
  return { text: () => registry.clusterMetrics(), contentType: registry.contentType };
}

const callSeconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const storeSeconds = [0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5];

/** Metrics of their own registry, with those of the process beside them. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const surplus = new Counter({
    name: "metal_surplus_requests_total",
    help: "Requests that were refused unseen because too many were open",
    registers,
  });
  return {
    observer: callObserver(registers),
    storeTimer: storeTimer(registers),
    surplus: () => surplus.inc(),
    watch: (figures) => addFigures(registers, figures),
    share() {
      AggregatorRegistry.setRegistries([registry]);
      // It answers the process that watches over this one from now on.
      void new AggregatorRegistry();
    },
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}

type Registers = Registry[];

function callObserver(registers: Registers): Observer {
  const calls = new Counter({
    name: "metal_calls_total",
    help: "Calls that ended, refused ones included",
    labelNames: ["procedure", "code"],
    registers,
  });
  const refusals = new Counter({
    name: "metal_refusals_total",
    help: "Calls that were refused, by the gate or later",
    labelNames: ["reason"],
    registers,
  });
  const seconds = new Histogram({
    name: "metal_call_seconds",
    help: "From the headers of a unary call to its answer",
    labelNames: ["procedure"],
    buckets: callSeconds,
    registers,
  });
  const open = new Gauge({
    name: "metal_open_calls",
    help: "Calls that are being handled",
    labelNames: ["kind"],
    registers,
  });
  return {
    begun: ({ rule }) => open.inc({ kind: rule?.kind ?? "" }),
    ended({ call, code, durationMs, handled, reason }) {
      const procedure = call.procedure.slice(1);
      const kind = call.rule?.kind ?? "";
      calls.inc({ procedure, code });
      if (reason !== undefined) refusals.inc({ reason });
      if (handled) open.dec({ kind });
      if (handled && kind === "unary") seconds.observe({ procedure }, durationMs / 1000);
    },
  };
}

function storeTimer(registers: Registers): StoreTimer {
  const seconds = new Histogram({
    name: "metal_store_seconds",
    help: "How long reads and transactions took",
    labelNames: ["operation"],
    buckets: storeSeconds,
    registers,
  });
  const failures = new Counter({
    name: "metal_store_failures_total",
    help: "Reads and transactions that failed, refusals by a rule included",
    labelNames: ["operation"],
    registers,
  });
  return (operation, durationMs, ok) => {
    seconds.observe({ operation }, durationMs / 1000);
    if (!ok) failures.inc({ operation });
  };
}

function addFigures(registers: Registers, figures: Figures): void {
  gauge(registers, "metal_open_requests", "Requests whose answer was not read yet", "caller", () =>
    Object.entries(figures.requests()),
  );
  gauge(registers, "metal_oidc_key_age_seconds", "Since the keys were confirmed", "issuer", () =>
    Array.from(figures.issuers(), ({ issuer, ageSeconds = Number.NaN }) => [issuer, ageSeconds]),
  );
  gauge(registers, "metal_audit_waiting", "Records that wait to be written", "", () => [
    ["", figures.auditWaiting()],
  ]);
  addAuditLag(registers, figures.auditLag);
  const { certificateEndMs } = figures;
  if (certificateEndMs === undefined) return;
  gauge(registers, "metal_certificate_end_seconds", "When the certificate ends", "", () => [
    ["", (certificateEndMs() ?? Number.NaN) / 1000],
  ]);
}

/** While the store does not answer there are no such figures, and all others. */
function addAuditLag(registers: Registers, lag: Figures["auditLag"]): void {
  let asked: Promise<AuditLag | undefined> | undefined;
  // All three are asked for at once.
  const ask = () =>
    (asked ??= lag()
      .catch(() => undefined)
      .finally(() => (asked = undefined)));
  const add = (name: string, help: string, valueOf: (lag: AuditLag) => number) =>
    gauge(registers, name, help, "", async () => {
      const found = await ask();
      return found === undefined ? [] : [["", valueOf(found)]];
    });
  add("metal_audit_unsealed", "Records that no seal holds yet", ({ unsealed }) => unsealed);
  const age = "Since the oldest call arrived whose record has no seal";
  add("metal_audit_unsealed_seconds", age, ({ unsealedSeconds }) => unsealedSeconds);
  const behind = "Seals that a sink has not got yet";
  gauge(registers, "metal_audit_sink_lag", behind, "sink", async () => (await ask())?.sinks ?? []);
}

type Values = Iterable<readonly [string, number]>;

/** What is told of several workers: the worst of these, and the sum of everything else. */
const worst: Readonly<Record<string, "min" | "max">> = {
  metal_oidc_key_age_seconds: "max",
  // All of them ask the same store.
  metal_audit_unsealed: "max",
  metal_audit_unsealed_seconds: "max",
  metal_audit_sink_lag: "max",
  metal_certificate_end_seconds: "min",
};

/** A gauge with one label at most, whose values are looked up when somebody asks. */
function gauge(
  registers: Registers,
  name: string,
  help: string,
  label: string,
  values: () => Values | Promise<Values>,
): void {
  const labelNames = label === "" ? [] : [label];
  const made = new Gauge({
    name,
    help,
    labelNames,
    registers,
    aggregator: worst[name] ?? "sum",
    async collect() {
      const found = await values();
      made.reset();
      for (const [value, number] of found) made.set(label === "" ? {} : { [label]: value }, number);
    },
  });
}
