// A collector of OpenTelemetry as a sink of the audit: a log record for each line, by OTLP over HTTP. Loaded only where
// one is set. Headers, certificates and compression are as OTEL_EXPORTER_OTLP_* say.
import type { HrTime } from "@opentelemetry/api";
import { SeverityNumber } from "@opentelemetry/api";
import { OTLPLogExporter } from "@opentelemetry/exporter-logs-otlp-http";
import { detectResources, envDetector, resourceFromAttributes } from "@opentelemetry/resources";
import type { ReadableLogRecord } from "@opentelemetry/sdk-logs";
import type { AuditServiceExportResponse } from "../../../gen/metal/v1/audit_pb.ts";
import { linesOf, type Sealed } from "../sealed.ts";
import { jsonLines, type Sink } from "./sink.ts";

/** How long a batch may take, in milliseconds. */
const timeoutMillis = 10_000;
/** So many characters of lines go into one request: what a collector finds too large it refuses, however often it comes. */
const mostCharacters = 1_000_000;

/** The collector at `url`, for example "http://127.0.0.1:4318/v1/logs". `version` is that of this server. */
export function createOtlpSink(url: string, version: string): Sink {
  const exporter = new OTLPLogExporter({ url, timeoutMillis });
  const named = { "service.name": "metal-connect", "service.version": version };
  const resource = resourceFromAttributes(named).merge(
    detectResources({ detectors: [envDetector] }),
  );
  const common = { resource, instrumentationScope: { name: "metal-connect audit", version } };
  return {
    name: `otlp ${url}`,
    async write(batch) {
      const records = batch.flatMap(logRecordsOf).map((record) => ({ ...common, ...record }));
      for (const request of requestsOf(records)) await sendBy(exporter, request);
    },
  };
}

function sendBy(exporter: OTLPLogExporter, records: ReadableLogRecord[]): Promise<void> {
  return new Promise((resolve, reject) => {
    exporter.export(records, ({ error, code }) =>
      // 0 is ExportResultCode.SUCCESS.
      code === 0 ? resolve() : reject(error ?? new Error("the collector took nothing")),
    );
  });
}

/** The records in their order, in lists that are small enough to be sent; each has one at least. */
function* requestsOf<R extends OwnRecord>(records: readonly R[]): Generator<R[]> {
  let request: R[] = [];
  let characters = 0;
  for (const record of records) {
    characters += record.body.length;
    if (request.length > 0 && characters > mostCharacters) {
      yield request;
      [request, characters] = [[], record.body.length];
    }
    request.push(record);
  }
  if (request.length > 0) yield request;
}

type OwnRecord = Omit<ReadableLogRecord, "resource" | "instrumentationScope" | "body"> & {
  readonly body: string;
};

/** The body is the line itself, so that what a collector kept can be verified as well. */
function logRecordsOf(sealed: Sealed): OwnRecord[] {
  const bodies = jsonLines(sealed);
  return linesOf(sealed).map((line, index) => ({
    ...factsOf(line),
    hrTimeObserved: timeOf(sealed.seal.time),
    body: bodies[index] ?? "",
    droppedAttributesCount: 0,
  }));
}

function factsOf({ line }: AuditServiceExportResponse) {
  const hrTime = timeOf(line.value?.time);
  if (line.case !== "record")
    return {
      hrTime,
      eventName: "metal.audit.seal",
      ...info,
      attributes: {
        "metal.audit.seal": `${line.value?.number}`,
        "metal.audit.hash": `${line.value?.hash}`,
      },
    };
  const { traceId, procedure, principal, decision, code } = line.value;
  return {
    hrTime,
    eventName: "metal.audit.record",
    ...(decision === "allowed" ? info : warning),
    attributes: {
      "metal.audit.trace_id": traceId,
      "metal.audit.procedure": procedure,
      "metal.audit.principal": principal,
      "metal.audit.decision": decision,
      "metal.audit.code": code,
    },
  };
}

const info = { severityNumber: SeverityNumber.INFO, severityText: "INFO" };
const warning = { severityNumber: SeverityNumber.WARN, severityText: "WARN" };

function timeOf(time: { readonly seconds: bigint; readonly nanos: number } | undefined): HrTime {
  return [Number(time?.seconds ?? 0n), time?.nanos ?? 0];
}
