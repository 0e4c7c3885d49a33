// The OpenTelemetry SDK as this server uses it: every trace has the id that it is told. Loaded only where traces go
// somewhere.
import { randomBytes } from "node:crypto";
import { context } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { detectResources, envDetector, resourceFromAttributes } from "@opentelemetry/resources";
import {
  BatchSpanProcessor,
  type IdGenerator,
  type SpanProcessor,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import { newTraceId } from "../rbac/trace-id.ts";
import type { StartTrace } from "./tracing.ts";

/** Where spans are made. */
export interface Traces {
  readonly startTrace: StartTrace;
  /** Sends what was not sent yet, and makes no more. */
  stop(): Promise<void>;
}

const spanIdBytes = 8;

/** Spans are started synchronously, so that the id which is set before is the one that is asked for. */
class GivenIds implements IdGenerator {
  traceId = "";

  generateTraceId(): string {
    return this.traceId || newTraceId();
  }

  generateSpanId(): string {
    return randomBytes(spanIdBytes).toString("hex");
  }
}

/** Traces that go to these processors. */
export function createTraces(spanProcessors: SpanProcessor[], version: string): Traces {
  const ids = new GivenIds();
  const named = resourceFromAttributes({
    "service.name": "metal-connect",
    "service.version": version,
  });
  const resource = named.merge(detectResources({ detectors: [envDetector] }));
  const provider = new TracerProvider({ idGenerator: ids, resource, spanProcessors });
  const tracer = provider.getTracer("metal-connect", version);
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  return {
    startTrace(traceId, start) {
      ids.traceId = traceId;
      try {
        return start(tracer);
      } finally {
        ids.traceId = "";
      }
    },
    stop: () => provider.shutdown(),
  };
}

/** Traces that go where OTEL_EXPORTER_OTLP_ENDPOINT and its companions say (OTLP over HTTP). */
export function createOtlpTraces(version: string): Traces {
  return createTraces([new BatchSpanProcessor({ exporter: new OTLPTraceExporter() })], version);
}
