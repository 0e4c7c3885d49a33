// From the socket to the checks: one port with everything that stands in front of the services.
import type { AddressInfo } from "node:net";
import type { DescService } from "@bufbuild/protobuf";
import { Code, ConnectError, type ContextValues } from "@connectrpc/connect";
import { createCalls } from "./fast/calls.ts";
import type { AdapterOptions } from "./http/adapter.ts";
import { compressions } from "./http/compression.ts";
import { createDownload, type DownloadOptions } from "./http/download.ts";
import type { Front } from "./http/front.ts";
import { hasAuthority } from "./http/authority.ts";
import { createGuard, guardStreams } from "./http/guard.ts";
import type { HttpLimits } from "./http/limit.ts";
import type {
  CallListener,
  Calls,
  HttpListener,
  RequestHead,
  StreamCalls,
  StreamHead,
} from "./http/listener.ts";
import { createHttpServer } from "./http/one-port.ts";
import { peerContext, peerKey } from "./http/peer.ts";
import { createProbe, notFound } from "./http/probe.ts";
import { createProxies, type Proxies } from "./http/proxy.ts";
import { sourceOf } from "./http/source.ts";
import { refuseSurplus } from "./http/surplus.ts";
import type { Log } from "./interceptors/log.ts";
import {
  createInFlight,
  defaultInFlight,
  type InFlight,
  type InFlightLimits,
  ticketKey,
} from "./limit/in-flight.ts";
import type { Guard } from "./rbac/guard.ts";

/** How a port meets its peers. */
export interface PortSettings {
  /** Accepts connections; in clear text unless told otherwise. */
  readonly front?: Front;
  /** Limits that differ from `defaultLimits`. */
  readonly limits?: Partial<HttpLimits>;
  /** Limits that differ from `defaultInFlight`. */
  readonly inFlight?: Partial<InFlightLimits>;
  /** Whose word about where a call comes from is taken; nobody's unless told otherwise. */
  readonly proxies?: Proxies;
  /** Makes what answers RPCs; `createCalls` unless told otherwise. */
  readonly calls?: (options: AdapterOptions) => Calls;
}

/** What a port is made of. */
export interface PortOptions extends PortSettings {
  /** The services and every check before them. */
  readonly guard: Guard;
  /** True if calls should be sent here. */
  readonly ready: () => Promise<boolean>;
  /** What can be loaded with a token; nothing unless told otherwise. */
  readonly download?: Pick<DownloadOptions, "path" | "open">;
  /** Told when the answer to a request is out, or its connection gone. */
  readonly onAnswered: (values: ContextValues) => void;
  /** Told of a request that was refused unseen because too many were open. */
  readonly onSurplus?: () => void;
  readonly log: Log;
}

/** The one port of a server. */
export interface Port {
  /** Everything that is served. */
  readonly services: ReadonlySet<DescService>;
  /** How many requests are open. */
  readonly inFlight: InFlight;
  listen(host: string, port: number): Promise<AddressInfo>;
  /** Ends streams, takes no more calls, lets those that run finish; cuts what is left after `graceMs` milliseconds. */
  close(graceMs: number): Promise<void>;
}

/** The largest request message, in bytes: what gRPC servers usually take. */
const messageLimit = 4 * 1024 * 1024;
/** The longest deadline a client may ask for, in milliseconds. */
const deadlineLimitMs = 60 * 60 * 1000;

function withDownload({ download, log }: PortOptions, fallback: HttpListener): HttpListener {
  const onError = (error: unknown) => log.error({ err: error }, "a download failed");
  return download === undefined ? fallback : createDownload({ ...download, onError, fallback });
}

/** Creates the port. Throws MountError if a service would be served without its rule. */
export function createPort(options: PortOptions): Port {
  const { guard, front, limits, ready, log, proxies = createProxies([]) } = options;
  const { calls = createCalls } = options;
  const shutdown = new AbortController();
  const services = new Set<DescService>();
  const inFlight = createInFlight({ ...defaultInFlight, ...options.inFlight });
  const counted = createRequests({ onSurplus: () => {}, ...options, inFlight, proxies });
  const rpcs = calls({
    ...guard,
    routes(router) {
      guard.routes(router);
      for (const { service } of router.handlers) services.add(service);
    },
    fallback: notFound,
    onBroken: (error) => log.debug({ err: error }, "an answer was not read to its end"),
    acceptCompression: [...compressions],
    readMaxBytes: messageLimit,
    maxTimeoutMs: deadlineLimitMs,
    jsonOptions: { ignoreUnknownFields: false },
    // What no rule checks and no record shows must not be kept with what is sent, of any size, for a later version to find.
    binaryOptions: { readUnknownFields: false },
    shutdownSignal: shutdown.signal,
  });
  const onError = (error: unknown) =>
    log.error({ err: error }, "request failed before its call began");
  const listener = createGuard({ listener: counted.listener(rpcs.listener), services, onError });
  const server = createHttpServer({
    listener: createProbe({ ready, fallback: withDownload(options, listener) }),
    ...(rpcs.onStream && { onStream: guardStreams(counted.onStream(rpcs.onStream), onError) }),
    peers: { isProxy: proxies.has, hasRoom: inFlight.hasRoom },
    ...(front && { front }),
    ...(limits && { limits }),
  });
  return {
    services,
    inFlight,
    listen: (host, port) => server.listen(host, port),
    close(graceMs) {
      shutdown.abort(new ConnectError("the server is shutting down", Code.Unavailable));
      return server.close(graceMs);
    },
  };
}

interface Arriving {
  readonly inFlight: InFlight;
  readonly proxies: Proxies;
  readonly onAnswered: PortOptions["onAnswered"];
  readonly onSurplus: () => void;
}

/** Gives every request its context values, and looks at them again when it has been answered. */
function createRequests({ inFlight, proxies, onAnswered, onSurplus }: Arriving) {
  const enter = (request: RequestHead): ContextValues | undefined => {
    const values = peerContext(request, proxies);
    const ticket = inFlight.enter(sourceOf(values.get(peerKey)?.address ?? ""));
    if (ticket === undefined) onSurplus();
    return ticket && values.set(ticketKey, ticket);
  };
  const leave = (values: ContextValues) => {
    values.get(ticketKey)?.leave();
    onAnswered(values);
  };
  return {
    listener:
      (calls: CallListener): HttpListener =>
      (request, response) => {
        const values = enter(request);
        if (values === undefined) return refuseSurplus(response);
        response.once("close", () => leave(values));
        calls(request, response, values);
      },
    /** What is not as it should be is left to those who refuse it. */
    onStream: (calls: StreamCalls) => (head: StreamHead) => {
      const answer = hasAuthority(head) ? calls(head) : undefined;
      if (answer === undefined) return false;
      const values = enter(head);
      if (values === undefined) refuseSurplus(head);
      else {
        head.stream.once("close", () => leave(values));
        answer(values);
      }
      return true;
    },
  };
}
