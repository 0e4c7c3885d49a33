// What this server says about itself in gRPC's health protocol, and who wants to hear of changes.
import { HealthCheckResponse_ServingStatus as Status } from "../../gen/grpc/health/v1/health_pb.ts";

/** What a service can be in: SERVING, NOT_SERVING, or UNKNOWN while nobody can tell. */
export type ServingStatus =
  | typeof Status.UNKNOWN
  | typeof Status.SERVING
  | typeof Status.NOT_SERVING;

/** The status per service name; "" is the whole server. */
export interface HealthState {
  /** From now on `service` has this status. A service that was never set does not exist. */
  set(service: string, status: ServingStatus): void;
  /** Undefined if the service does not exist. */
  get(service: string): ServingStatus | undefined;
  /** All services that exist, as they are now. */
  list(): ReadonlyMap<string, ServingStatus>;
  /** Calls `wake` after every change of any service, until the returned function is called. */
  subscribe(wake: () => void): () => void;
}

/** A server about which nothing is known, so its own status is UNKNOWN. */
export function createHealthState(): HealthState {
  const statuses = new Map<string, ServingStatus>([["", Status.UNKNOWN]]);
  const listeners = new Set<() => void>();
  return {
    set(service, status) {
      if (statuses.get(service) === status) return;
      statuses.set(service, status);
      for (const wake of listeners) wake();
    },
    get: (service) => statuses.get(service),
    list: () => new Map(statuses),
    subscribe(wake) {
      listeners.add(wake);
      return () => {
        listeners.delete(wake);
      };
    },
  };
}
