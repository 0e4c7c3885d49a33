// From the socket to the checks: one port with everything that stands in front of the services.
import type { AddressInfo } from "node:net";
import type { DescService } from "@bufbuild/protobuf";
import { Code, ConnectError, type ContextValues } from "@connectrpc/connect";
import { createAdapter } from "./http/adapter.ts";
import type { Front } from "./http/front.ts";
import { createGuard } from "./http/guard.ts";
import type { HttpLimits } from "./http/limit.ts";
import type { HttpListener, HttpRequest } from "./http/listener.ts";
import { createHttpServer } from "./http/one-port.ts";
import { peerContext } from "./http/peer.ts";
import { createProbe, notFound } from "./http/probe.ts";
import { createProxies, type Proxies } from "./http/proxy.ts";
import type { Log } from "./interceptors/log.ts";
import type { Guard } from "./rbac/guard.ts";

/** What a port is made of. */
export interface PortOptions {
  /** The services and every check before them. */
  readonly guard: Guard;
  /** Clear text unless told otherwise. */
  readonly front?: Front;
  readonly limits?: Partial<HttpLimits>;
  /** True if calls should be sent here. */
  readonly ready: () => Promise<boolean>;
  /** Told when the answer to a request is out, or its connection gone. */
  readonly onAnswered: (values: ContextValues) => void;
  /** Whose word about where a call comes from is taken; nobody's unless told otherwise. */
  readonly proxies?: Proxies;
  readonly log: Log;
}

/** The one port of a server. */
export interface Port {
  /** Everything that is served. */
  readonly services: ReadonlySet<DescService>;
  listen(host: string, port: number): Promise<AddressInfo>;
  /** Ends streams, takes no more calls, lets those that run finish; cuts what is left after `graceMs` milliseconds. */
  close(graceMs: number): Promise<void>;
}

/** The largest request message, in bytes: what gRPC servers usually take. */
const messageLimit = 4 * 1024 * 1024;
/** The longest deadline a client may ask for, in milliseconds. */
const deadlineLimitMs = 60 * 60 * 1000;

/** Creates the port. Throws MountError if a service would be served without its rule. */
export function createPort(options: PortOptions): Port {
  const { guard, front, limits, ready, log, proxies = createProxies([]) } = options;
  const shutdown = new AbortController();
  const services = new Set<DescService>();
  const requests = createRequests(options, proxies);
  const adapter = createAdapter({
    ...guard,
    routes: (router) => {
      guard.routes(router);
      for (const { service } of router.handlers) services.add(service);
    },
    valuesOf: requests.valuesOf,
    fallback: notFound,
    onBroken: (error) => log.debug({ err: error }, "an answer was not read to its end"),
    readMaxBytes: messageLimit,
    maxTimeoutMs: deadlineLimitMs,
    jsonOptions: { ignoreUnknownFields: false },
    shutdownSignal: shutdown.signal,
  });
  const listener = createGuard({
    listener: requests.listener(adapter),
    services,
    onError: (error) => log.error({ err: error }, "request failed before its call began"),
  });
  const server = createHttpServer({
    listener: createProbe({ ready, fallback: listener }),
    isProxy: proxies.has,
    ...(front && { front }),
    ...(limits && { limits }),
  });
  return {
    services,
    listen: (host, port) => server.listen(host, port),
    close(graceMs) {
      shutdown.abort(new ConnectError("the server is shutting down", Code.Unavailable));
      return server.close(graceMs);
    },
  };
}

/** Gives every request its context values, and looks at them again when it has been answered. */
function createRequests({ onAnswered }: PortOptions, proxies: Proxies) {
  const known = new WeakMap<HttpRequest, ContextValues>();
  return {
    valuesOf: (request: HttpRequest) => known.get(request) ?? peerContext(request, proxies),
    listener:
      (adapter: HttpListener): HttpListener =>
      (request, response) => {
        const values = peerContext(request, proxies);
        known.set(request, values);
        response.once("close", () => onAnswered(values));
        adapter(request, response);
      },
  };
}
