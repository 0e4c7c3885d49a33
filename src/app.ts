// The wiring: the only file that knows everyone. It builds a server from checked settings; main and tests start it.
import type { AddressInfo } from "node:net";
import type { DescService } from "@bufbuild/protobuf";
import { Code, ConnectError, type ContextValues, type HandlerContext } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { HealthCheckResponse_ServingStatus as Status } from "../gen/grpc/health/v1/health_pb.ts";
import { schemaHash } from "../gen/rbac/rules.ts";
import { createChange } from "./audit/change.ts";
import type { AuditOptions } from "./audit/options.ts";
import { createRecorder } from "./audit/recorder.ts";
import { recordUnread } from "./audit/unread.ts";
import { createUsageCounter } from "./audit/usage.ts";
import { createAuthenticate } from "./auth/authenticate.ts";
import { createHmacAuthenticator, type HmacUser } from "./auth/hmac.ts";
import { hmacPrincipalId } from "./auth/hmac-principal.ts";
import { createOidcAuthenticator } from "./auth/oidc.ts";
import type { IssuerSettings } from "./auth/oidc/issuer.ts";
import { createGuard } from "./http/guard.ts";
import type { HttpListener, HttpRequest } from "./http/listener.ts";
import { createHttpServer } from "./http/one-port.ts";
import { peerContext, peerKey } from "./http/peer.ts";
import { createProbe } from "./http/probe.ts";
import type { Log } from "./interceptors/log.ts";
import { pipeline } from "./pipeline.ts";
import { routes } from "./routes.ts";
import type { Holder } from "./services/access/holder.ts";
import { createHealthState, type HealthState } from "./services/health-state.ts";
import { ensureProviderTenant } from "./services/tenant.ts";
import type { Store } from "./store/store.ts";

/** What a server is made of. */
export interface AppOptions {
  readonly store: Store;
  readonly users: readonly HmacUser[];
  readonly issuers: readonly IssuerSettings[];
  readonly providerTenant: string;
  readonly version: string;
  readonly log: Log;
  /** Milliseconds since 1970, for the age of credentials. */
  readonly now?: () => number;
}

/** A server that is ready to listen. */
export interface App {
  listen(host: string, port: number): Promise<AddressInfo>;
  /** Stops taking calls, lets those that run finish, cuts what is left after `graceMs` milliseconds. */
  close(graceMs?: number): Promise<void>;
}

/** The largest request message, in bytes: what gRPC servers usually take. */
const messageLimit = 4 * 1024 * 1024;
/** The longest deadline a client may ask for, in milliseconds. */
const deadlineLimitMs = 60 * 60 * 1000;

/** Builds the server. Throws MountError if a service would be served without its rule. */
export async function createApp(options: AppOptions): Promise<App> {
  const { store, providerTenant, log } = options;
  await ensureProviderTenant(store, providerTenant);
  const audit = auditOf(options);
  const onUncounted = (error: unknown) =>
    log.error({ err: error }, "the use of RPCs is not written");
  const usage = createUsageCounter({ store, onError: onUncounted });
  const { schemes, holders, stop } = identitiesOf(options);
  const shutdown = new AbortController();
  const serving = createHealthState();
  const { routes: mount, ...checks } = pipeline({
    routes: routes({
      read: store.read,
      change: createChange(store),
      providerTenant,
      holders,
      flushUsage: usage.flush,
      health: { store: () => store.ping() },
      serving,
      version: { version: options.version, minClientVersion: "0.1.0", rulesHash: schemaHash },
    }),
    authenticate: createAuthenticate(schemes, repeatedHeaders),
    audit,
    usage,
    log,
  });
  const services = new Set<DescService>();
  const peers = createPeers(audit);
  const adapter = connectNodeAdapter({
    routes: (router) => {
      mount(router);
      for (const { service } of router.handlers) services.add(service);
    },
    ...checks,
    contextValues: peers.of,
    readMaxBytes: messageLimit,
    maxTimeoutMs: deadlineLimitMs,
    jsonOptions: { ignoreUnknownFields: false },
    shutdownSignal: shutdown.signal,
  });
  const listener = createGuard({
    listener: peers.listener(adapter),
    services,
    onError: (error) => log.error({ err: error }, "request failed before its call began"),
  });
  const ready = async () => {
    await store.ping();
    return !shutdown.signal.aborted;
  };
  const server = createHttpServer({ listener: createProbe({ ready, fallback: listener }) });
  return {
    async listen(host, port) {
      const address = await server.listen(host, port);
      announce(serving, services, Status.SERVING);
      return address;
    },
    async close(graceMs = 10_000) {
      announce(serving, services, Status.NOT_SERVING);
      shutdown.abort(new ConnectError("the server is shutting down", Code.Unavailable));
      await server.close(graceMs);
      stop();
      await usage.stop();
      await store.close();
    },
  };
}

/** Says in gRPC's health protocol how the server and each of its services are. */
function announce(
  state: HealthState,
  services: Iterable<DescService>,
  status: typeof Status.SERVING | typeof Status.NOT_SERVING,
): void {
  for (const name of ["", ...Array.from(services, ({ typeName }) => typeName)])
    state.set(name, status);
}

function auditOf({ store, log }: AppOptions): AuditOptions {
  return {
    recorder: createRecorder(store),
    peerOf: (values) => {
      const { address = "", port = 0 } = values.get(peerKey) ?? {};
      return address && `${address}:${port}`;
    },
    onError: (error, { traceId, procedure }) =>
      log.error({ err: error, traceId, procedure }, "a record is missing in the audit"),
  };
}

/** Who may come in, and who is known to hold a role. */
function identitiesOf({ users, issuers, providerTenant, log, now }: AppOptions) {
  const hmac = createHmacAuthenticator(users, { providerTenant, ...(now && { now }) });
  const oidc = createOidcAuthenticator(issuers, { log, ...(now && { now }) });
  oidc.start();
  return {
    schemes: [oidc, hmac],
    holders: { users: users.map(holderOf), grants: oidc.grants() },
    stop: () => oidc.stop(),
  };
}

function holderOf({ name, role, component }: HmacUser): Holder {
  return { id: hmacPrincipalId(name), name, role, ...(component !== undefined && { component }) };
}

/** Gives every request its context values, and looks at them again when it has been answered. */
function createPeers(audit: AuditOptions) {
  const known = new WeakMap<HttpRequest, ContextValues>();
  return {
    of: (request: HttpRequest) => known.get(request) ?? peerContext(request),
    listener:
      (adapter: HttpListener): HttpListener =>
      (request, response) => {
        const values = peerContext(request);
        known.set(request, values);
        response.once("close", () => recordUnread(audit, values));
        adapter(request, response);
      },
  };
}

const repeatedHeaders = ({ values }: HandlerContext): ReadonlySet<string> =>
  values.get(peerKey)?.repeatedHeaders ?? new Set();
