// What tells how the server fares: metrics on a port of their own, the access log, traces where somebody takes them.
import cluster from "node:cluster";
import type { AddressInfo } from "node:net";
import type { App, AppOptions } from "./app.ts";
import type { Config } from "./config.ts";
import { createHttpServer, type HttpServer } from "./http/one-port.ts";
import type { Log } from "./interceptors/log.ts";
import { accessLog } from "./observe/access-log.ts";
import type { Metrics } from "./observe/metrics.ts";
import { createMetricsListener } from "./observe/metrics-listener.ts";
import { timedStore } from "./observe/timed-store.ts";
import type { Traces } from "./observe/trace-provider.ts";
import type { Store } from "./store/store.ts";

/** What the process is started with. */
export interface ObservabilityOptions {
  readonly config: Pick<Config, "metrics-listen">;
  readonly environment: NodeJS.ProcessEnv;
  readonly version: string;
  readonly log: Log;
}

/** Everything that watches one server. */
export interface Observability {
  /** For the app that is watched. */
  readonly options: Pick<AppOptions, "observers" | "tracing" | "onSurplus">;
  /** The store, watched. */
  watchStore(store: Store): Store;
  /** Begins to answer Prometheus. Rejects as `net.Server` does. */
  listen(app: App, certificateEndMs?: () => number | undefined): Promise<AddressInfo | undefined>;
  /** Sends what was not sent yet, and answers no more. Never rejects. */
  stop(): Promise<void>;
}

/** Where OpenTelemetry's SDK sends traces; without one of these it is not even loaded. */
const endpoints = ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"];

/** Begins to watch. */
export async function startObservability(options: ObservabilityOptions): Promise<Observability> {
  const { config, log } = options;
  const metrics = await metricsOf(config);
  const traces = await tracesOf(options);
  const tracing = traces && (await import("./observe/tracing.ts")).createTracing(traces.startTrace);
  const servers: HttpServer[] = [];
  return {
    options: {
      observers: [
        accessLog(log),
        ...(metrics ? [metrics.observer] : []),
        ...(tracing ? [tracing.observer] : []),
      ],
      ...(tracing && { tracing: tracing.interceptor }),
      ...(metrics && { onSurplus: metrics.surplus }),
    },
    watchStore: (store) => (metrics ? timedStore(store, metrics.storeTimer) : store),
    async listen(app, certificateEndMs) {
      const address = config["metrics-listen"];
      if (metrics === undefined || address === undefined) return undefined;
      metrics.watch({ ...app.figures, ...(certificateEndMs && { certificateEndMs }) });
      if (cluster.isWorker) {
        metrics.share();
        return undefined;
      }
      const server = serverOf(metrics, app, log);
      servers.push(server);
      return server.listen(address.host, address.port);
    },
    async stop() {
      const left = [
        ...servers.map((server) => server.close(0)),
        ...(traces ? [traces.stop()] : []),
      ];
      for (const end of await Promise.allSettled(left))
        if (end.status === "rejected") log.warn({ err: end.reason }, "traces were not sent");
    },
  };
}

/** The metrics of all workers together, told by the process that watches over them. */
export interface WorkersMetrics {
  readonly address: AddressInfo;
  close(): Promise<void>;
}

/** Begins to answer Prometheus for all workers. Rejects as `net.Server` does. */
export async function workersMetrics(
  { "metrics-listen": place }: Pick<Config, "metrics-listen">,
  { ready, log }: { readonly ready: () => boolean; readonly log: Log },
): Promise<WorkersMetrics | undefined> {
  if (place === undefined) return undefined;
  const { collectFromWorkers } = await import("./observe/metrics.ts");
  const onError = (error: unknown) => log.error({ err: error }, "metrics cannot be told");
  const metrics = collectFromWorkers();
  const listener = createMetricsListener({ metrics, ready: async () => ready(), onError });
  const server = createHttpServer({ listener });
  const address = await server.listen(place.host, place.port);
  return { address, close: () => server.close(0) };
}

async function metricsOf(config: ObservabilityOptions["config"]): Promise<Metrics | undefined> {
  if (config["metrics-listen"] === undefined) return undefined;
  const { createMetrics } = await import("./observe/metrics.ts");
  return createMetrics();
}

async function tracesOf({
  environment,
  version,
}: ObservabilityOptions): Promise<Traces | undefined> {
  if (!endpoints.some((name) => environment[name])) return undefined;
  const { createOtlpTraces } = await import("./observe/trace-provider.ts");
  return createOtlpTraces(version);
}

function serverOf(metrics: Metrics, app: App, log: Log): HttpServer {
  const onError = (error: unknown) => log.error({ err: error }, "metrics cannot be told");
  const listener = createMetricsListener({ metrics, ready: () => app.ready(), onError });
  return createHttpServer({ listener });
}
