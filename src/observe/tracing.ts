// OpenTelemetry traces: one span for each call, in a trace of its own whose id is the one that a refusal shows, that
// the audit keeps and the log writes. What a client sends as its own trace is linked, not joined: nobody else says
// what our ids are.
import {
  context,
  type Link,
  SpanKind,
  SpanStatusCode,
  trace,
  type Span,
  type Tracer,
} from "@opentelemetry/api";
import { createContextKey, type Interceptor } from "@connectrpc/connect";
import { peerKey } from "../http/peer.ts";
import { type Call, callOf } from "../rbac/call.ts";
import type { EndedCall, Observer } from "./observer.ts";

/** Makes spans of calls. */
export interface Tracing {
  /** Makes the span of a call the current one while it is handled, and remembers whom to link. */
  readonly interceptor: Interceptor;
  /** Ends spans, and writes those of calls that were not handled. */
  readonly observer: Observer;
}

/** Starts a span as the first of the trace `traceId`. */
export type StartTrace = (traceId: string, start: (tracer: Tracer) => Span) => Span;

const spanKey = createContextKey<Span | undefined>(undefined, {
  description: "the span of the call",
});

/** Traces by whatever makes spans. */
export function createTracing(startTrace: StartTrace): Tracing {
  const begin = (call: Call, links: Link[]) =>
    startTrace(call.traceId, (tracer) =>
      tracer.startSpan(call.procedure.slice(1), {
        root: true,
        kind: SpanKind.SERVER,
        startTime: call.startedAt,
        links,
        attributes: attributesOf(call),
      }),
    );
  return {
    interceptor: (next) => (request) => {
      const span = begin(callOf(request.contextValues), linksOf(request.header));
      request.contextValues.set(spanKey, span);
      return context.with(trace.setSpan(context.active(), span), () => next(request));
    },
    observer: {
      ended(ended) {
        const span = ended.values.get(spanKey) ?? begin(ended.call, []);
        finish(span, ended);
      },
    },
  };
}

/** The names of OpenTelemetry's conventions for RPCs. */
function attributesOf({ procedure, protocol, principal }: Call) {
  const [service = "", method = ""] = procedure.slice(1).split("/");
  return {
    "rpc.system": protocol === "connect" ? "connect_rpc" : "grpc",
    "rpc.service": service,
    "rpc.method": method,
    ...(principal && { "enduser.id": principal.id }),
  };
}

function finish(span: Span, { values, code, reason }: EndedCall): void {
  const address = values.get(peerKey)?.address;
  if (address) span.setAttribute("client.address", address);
  if (reason !== undefined) span.setAttribute("metal.refusal", reason);
  span.setAttribute("rpc.connect_rpc.error_code", code);
  if (code !== "ok") span.setStatus({ code: SpanStatusCode.ERROR, message: code });
  span.end();
}

/** W3C Trace Context, section 3.2.2; other versions and ids of zeros are not understood. */
const traceparent = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/;

function linksOf(header: Headers): Link[] {
  const [, traceId, spanId, flags] = traceparent.exec(header.get("traceparent") ?? "") ?? [];
  if (traceId === undefined || spanId === undefined) return [];
  const traceFlags = Number.parseInt(flags ?? "0", 16);
  return [{ context: { traceId, spanId, traceFlags, isRemote: true } }];
}
