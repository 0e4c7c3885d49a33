// What Prometheus and probes ask, for a port of its own: whoever may reach the API need not see how it fares.
import type { HttpListener, HttpResponse } from "../http/listener.ts";
import { createProbe } from "../http/probe.ts";
import type { Metrics } from "./metrics.ts";

/** What is shown. */
export interface MetricsListenerOptions {
  readonly metrics: Pick<Metrics, "text" | "contentType">;
  /** True if calls should be sent to this server. */
  readonly ready: () => Promise<boolean>;
  readonly onError: (error: unknown) => void;
}

/** Answers GET /metrics, /healthz and /readyz. */
export function createMetricsListener(options: MetricsListenerOptions): HttpListener {
  const { metrics, ready, onError } = options;
  return createProbe({
    ready,
    fallback(request, response) {
      const asked = request.method === "GET" && request.url === "/metrics";
      if (!asked) return answer(response, 404);
      metrics.text().then(
        (text) => answer(response, 200, { "content-type": metrics.contentType }, text),
        (error: unknown) => {
          onError(error);
          answer(response, 500);
        },
      );
    },
  });
}

function answer(response: HttpResponse, status: number, headers = {}, text = ""): void {
  response.writeHead(status, headers);
  response.end(text);
}
