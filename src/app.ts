// The wiring: the only file that knows everyone. It builds a server from checked settings; main and tests start it.
import type { AddressInfo } from "node:net";
import type { DescService } from "@bufbuild/protobuf";
import type { ContextValues, Interceptor } from "@connectrpc/connect";
import { HealthCheckResponse_ServingStatus as Status } from "../gen/grpc/health/v1/health_pb.ts";
import { schemaHash } from "../gen/rbac/rules.ts";
import { createChange } from "./audit/change.ts";
import type { AuditOptions } from "./audit/options.ts";
import { createFlood } from "./audit/flood.ts";
import { createRecorder } from "./audit/recorder.ts";
import type { SealOptions } from "./audit/seal.ts";
import { auditLag } from "./audit/lag.ts";
import { createDeliveries } from "./audit/sinks/delivery.ts";
import type { Sink } from "./audit/sinks/sink.ts";
import { recordUnread } from "./audit/unread.ts";
import { createUsageCounter } from "./audit/usage.ts";
import { superUserName } from "./domain/machine-bmc.ts";
import { downloadPath, type FirmwareFolder } from "./firmware/folder.ts";
import type { FirmwareStore } from "./firmware/store.ts";
import { peerKey, peerText } from "./http/peer.ts";
import { sourceOf } from "./http/source.ts";
import { createIdentities, type IdentityOptions } from "./identities.ts";
import type { DeadlineLimits } from "./interceptors/deadline.ts";
import type { Log } from "./interceptors/log.ts";
import { observing } from "./interceptors/observe.ts";
import { startAuditJobs, startJobs } from "./jobs/jobs.ts";
import { type AdmissionRates, createAdmission } from "./limit/admission.ts";
import type { Figures } from "./observe/metrics.ts";
import { type Observer, observers } from "./observe/observer.ts";
import { pipeline } from "./pipeline.ts";
import { createPort, type PortSettings } from "./port.ts";
import { routes } from "./routes.ts";
import { claimSecrets, reseal } from "./services/reseal.ts";
import { createStreams } from "./services/bmc-command/stream.ts";
import { createRehearsal } from "./services/firewall/rehearsal.ts";
import { createFirmwareUrl } from "./services/firmware/url.ts";
import { createWaitingRoom } from "./services/boot/waiting-room.ts";
import { createHealthState, type HealthState } from "./services/health-state.ts";
import { ensureProviderTenant } from "./services/tenant.ts";
import type { Sealer } from "./secrets/sealer.ts";
import { followUsers, type StoredUsersOptions } from "./services/user/stored-users.ts";
import type { Store } from "./store/store.ts";
import type { Vpn } from "./vpn/vpn.ts";

/** What a server is made of. */
export interface AppOptions extends IdentityOptions {
  readonly store: Store;
  readonly version: string;
  readonly log: Log;
  /** Whether work that only one of all servers does may be done by this one; it may unless told otherwise. */
  readonly jobs?: boolean;
  /** The password of the account that machines create on their BMCs; none is created without. */
  readonly superUserPassword?: string;
  /** What `store` seals secrets with. It seals the keys of identities, too; none can be made without. */
  readonly sealer?: Sealer;
  /** Where the audit is copied to. */
  readonly auditSinks?: readonly Sink[];
  /** How long records of the audit are kept, in milliseconds; for ever without. */
  readonly auditKeepMs?: number;
  /** Signs the seals of the audit; none is signed without. */
  readonly auditSign?: SealOptions["sign"];
  /** Where firmware is kept; nowhere without. */
  readonly firmware?: FirmwareStore | FirmwareFolder;
  /** The largest firmware that is kept, in bytes. */
  readonly firmwareLimit?: number;
  /** The VPN to firewalls; none without. */
  readonly vpn?: Vpn;
  /** How it meets its peers. */
  readonly port?: PortSettings;
  /** How often who may call; as often as they like unless told otherwise. */
  readonly rates?: AdmissionRates;
  readonly deadlines?: DeadlineLimits;
  /** Who wants to know how calls end. */
  readonly observers?: readonly Observer[];
  readonly tracing?: Interceptor;
  /** Told of a request that was refused unseen because too many were open. */
  readonly onSurplus?: () => void;
}

/** A server that is ready to listen. */
export interface App {
  listen(host: string, port: number): Promise<AddressInfo>;
  /** True if calls should be sent here. Rejects if the store does not answer. */
  ready(): Promise<boolean>;
  /** From now on probes hear that no calls should be sent here; those that come nevertheless are served. */
  leave(): void;
  /** How the server fares. */
  readonly figures: Pick<Figures, "requests" | "issuers" | "auditWaiting" | "auditLag">;
  /** Stops taking calls, lets those that run finish, cuts what is left after `graceMs` milliseconds. */
  close(graceMs?: number): Promise<void>;
}

/** Builds the server. Throws MountError if a service would be served without its rule. */
export async function createApp(options: AppOptions): Promise<App> {
  const { store, providerTenant, log, superUserPassword, deadlines, sealer } = options;
  await ensureProviderTenant(store, providerTenant);
  await claimSecrets(store, sealer).catch(async (error: unknown) => {
    await store.close();
    throw error;
  });
  const { audit, recorder } = auditOf(options);
  const observe = observing(observers(options.observers ?? []));
  const onUncounted = (error: unknown) =>
    log.error({ err: error }, "the use of RPCs is not written");
  const usage = createUsageCounter({ store, onError: onUncounted });
  const identities = createIdentities(options);
  const onUsers: StoredUsersOptions["onUsers"] = (found) => identities.replaceUsers(found);
  const users = await followUsers({ store, sealer, log, onUsers });
  const now = options.now ?? Date.now;
  const waitingRoom = createWaitingRoom({ store, log, now });
  const openCommands = createStreams({
    store,
    now,
    superUser: superUserOf(options),
    firmwareUrl: createFirmwareUrl(options.firmware),
  });
  const { auditSinks: sinks = [], auditSign: sign, auditKeepMs: keepMs } = options;
  const deliveries = createDeliveries({ store, sinks, log });
  const schedulers =
    options.jobs === false
      ? []
      : [
          startJobs({ store, now, vpn: options.vpn, log, ...(sealer && resealing(store, sealer)) }),
          startAuditJobs({ store, now, log, sign, keepMs, sinks, deliveries }),
        ];
  const serving = createHealthState();
  const guard = pipeline({
    routes: routes({
      read: store.read,
      change: createChange(store),
      now,
      waitingRoom,
      log,
      ...(superUserPassword !== undefined && { superUserPassword }),
      providerTenant,
      holders: identities.holders,
      configured: identities.configured,
      sealer,
      refreshUsers: () => users.refresh(),
      flushUsage: () => usage.flush(),
      openCommands,
      rehearse: createRehearsal(store),
      firmware: options.firmware,
      firmwareLimit: options.firmwareLimit ?? defaultFirmwareLimit,
      vpn: options.vpn,
      changes: store.changes,
      settle: (work) => store.transaction(work),
      health: { store: () => store.ping() },
      serving,
      version: { version: options.version, minClientVersion: "0.1.0", rulesHash: schemaHash },
    }),
    admission: createAdmission(options.rates ?? {}),
    authenticate: identities.authenticate,
    audit,
    usage,
    ...(deadlines && { deadlines }),
    observe,
    ...(options.tracing && { tracing: options.tracing }),
    log,
  });
  let leaving = false;
  const ready = async () => {
    await store.ping();
    return !leaving;
  };
  const onAnswered = (values: ContextValues) => {
    observe.answered(values);
    recordUnread(audit, values);
  };
  const port = createPort({
    ...options.port,
    ...downloadOf(options),
    guard,
    ready,
    onAnswered,
    ...(options.onSurplus && { onSurplus: options.onSurplus }),
    log,
  });
  const leave = () => {
    leaving = true;
    announce(serving, port.services, Status.NOT_SERVING);
  };
  return {
    async listen(host, number) {
      const address = await port.listen(host, number);
      announce(serving, port.services, Status.SERVING);
      return address;
    },
    ready,
    leave,
    figures: {
      requests: () => port.inFlight.counts,
      issuers: () => identities.issuers(),
      auditWaiting: () => recorder.waiting,
      auditLag: () => auditLag(store.read, { sinks, nowMs: now() }),
    },
    async close(graceMs = 10_000) {
      leave();
      await port.close(graceMs);
      identities.stop();
      await users.stop();
      await waitingRoom.stop();
      await usage.stop();
      await audit.flood?.flush();
      await Promise.all(schedulers.map((scheduler) => scheduler.stop()));
      await deliveries.stop();
      await store.close();
    },
  };
}

/** In bytes. */
const defaultFirmwareLimit = 512 * 1024 * 1024;

/** The account of BMCs whose own is not known. */
function superUserOf({ superUserPassword: password }: AppOptions) {
  return password === undefined ? undefined : { user: superUserName, password };
}

/** What is loaded from this server itself. */
function downloadOf({ firmware }: AppOptions) {
  if (firmware === undefined || !("open" in firmware)) return {};
  return { download: { path: downloadPath, open: (token: string) => firmware.open(token) } };
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

const resealing = (store: Store, sealer: Sealer) => ({
  reseal: (stopping: AbortSignal) => reseal(store, sealer, stopping),
});

function auditOf({ store, log }: AppOptions) {
  const recorder = createRecorder(store);
  const onError = (error: unknown, call: { readonly traceId: string; procedure: string }) => {
    const { traceId, procedure } = call;
    log.error({ err: error, traceId, procedure }, "a record is missing in the audit");
  };
  const audit: AuditOptions = {
    recorder,
    peerOf: (values) => peerText(values.get(peerKey)),
    sourceOf: (values) => sourceOf(values.get(peerKey)?.address ?? ""),
    flood: createFlood({ append: (record) => recorder.append(record), onError }),
    onError,
  };
  return { audit, recorder };
}
