// The two addresses that orchestrators and load balancers ask: does the process live, and should it get calls?
import type { HttpListener, HttpRequest, HttpResponse } from "./listener.ts";

/** What the probes say, and what comes after them. */
export interface ProbeOptions {
  /** True if calls should be sent here. A promise that rejects and a thrown error count as false. */
  readonly ready: () => boolean | Promise<boolean>;
  /** How long that may take to be known before it counts as false, in milliseconds; 2 s if absent. */
  readonly patienceMs?: number;
  /** Answers everything that is not a probe; 404 if absent. */
  readonly fallback?: HttpListener;
}

/** Less than load balancers wait. */
const usualPatienceMs = 2_000;

/**
 * Answers GET and HEAD of /healthz (200 as long as the process answers at all) and of /readyz (200 or 503). Neither
 * needs a host header nor a credential, so it may stand in front of the guard or be the fallback of the adapter. The answer
 * never takes longer than the patience, whatever the store does.
 */
export function createProbe(options: ProbeOptions): HttpListener {
  const { ready, patienceMs = usualPatienceMs, fallback = notFound } = options;
  const probes: ReadonlyMap<string | undefined, () => Promise<boolean>> = new Map([
    ["/healthz", async () => true],
    ["/readyz", shared(() => inTime(ready, patienceMs))],
  ]);
  return (request, response) => {
    const probe = isRead(request) ? probes.get(request.url) : undefined;
    if (probe === undefined) return fallback(request, response);
    void probe().then(
      (ok) => answer(response, ok),
      () => answer(response, false),
    );
  };
}

/** Asks once for all who want to know at the same time: anybody may ask, as often as they like. */
function shared<R>(ask: () => Promise<R>): () => Promise<R> {
  let asked: Promise<R> | undefined;
  return () => (asked ??= ask().finally(() => (asked = undefined)));
}

/** What `ready` says, and false if that takes longer. */
async function inTime(ready: ProbeOptions["ready"], patienceMs: number): Promise<boolean> {
  const late = Promise.withResolvers<boolean>();
  const timer = setTimeout(late.resolve, patienceMs, false);
  try {
    return await Promise.race([ready(), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

function isRead({ method }: HttpRequest): boolean {
  return method === "GET" || method === "HEAD";
}

function answer(response: HttpResponse, ok: boolean): void {
  response.writeHead(ok ? 200 : 503, { "content-type": "text/plain", "cache-control": "no-store" });
  response.end(ok ? "ok\n" : "not ready\n");
}

/** Answers 404 without a word. */
export const notFound: HttpListener = (_request, response) => {
  response.writeHead(404);
  response.end();
};
