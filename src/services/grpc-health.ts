// grpc.health.v1.Health: the health protocol that gRPC clients, load balancers and kubelets ask
// (https://github.com/grpc/grpc/blob/master/doc/health-checking.md).
import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import {
  type Health,
  type HealthCheckRequest,
  HealthCheckResponse_ServingStatus as Status,
} from "../../gen/grpc/health/v1/health_pb.ts";
import { exhausted, notFound } from "../domain/errors.ts";
import type { HealthState } from "./health-state.ts";

/** So many watches run at a time by default: everybody may watch, and each watch is kept in memory. */
const defaultWatchLimit = 1_000;

/**
 * The service over `state`. Check answers not_found for a service that does not exist, Watch reports it as
 * SERVICE_UNKNOWN and goes on. A watch ends with its call or the server, and one more than `watchLimit` at a time is
 * refused as resource_exhausted.
 */
export const grpcHealthService = (state: HealthState, watchLimit = defaultWatchLimit) => {
  let watches = 0;
  return {
    check({ service }) {
      const status = state.get(service);
      if (status === undefined) throw notFound(`no service "${service.slice(0, 100)}"`);
      return { status };
    },
    list() {
      const entries = [...state.list()].map(([service, status]) => [service, { status }] as const);
      return { statuses: Object.fromEntries(entries) };
    },
    async *watch({ service }: HealthCheckRequest, { signal }: Pick<HandlerContext, "signal">) {
      if (watches >= watchLimit) throw exhausted(`more than ${watchLimit} watches`);
      watches += 1;
      try {
        for await (const status of changes(state, service, signal)) yield { status };
      } finally {
        watches -= 1;
      }
    },
  } satisfies ServiceImpl<typeof Health>;
};

/**
 * The status now and whenever it has changed. Who reads slowly misses what was overtaken, never the latest. Ends by
 * throwing the reason of `signal`.
 */
async function* changes(state: HealthState, service: string, signal: AbortSignal) {
  let bell = Promise.withResolvers<void>();
  const ring = () => bell.resolve();
  const unsubscribe = state.subscribe(ring);
  signal.addEventListener("abort", ring);
  try {
    for (let told: Status | undefined; !signal.aborted; await bell.promise) {
      bell = Promise.withResolvers();
      const status = state.get(service) ?? Status.SERVICE_UNKNOWN;
      if (status !== told) yield status;
      told = status;
    }
    signal.throwIfAborted();
  } finally {
    unsubscribe();
    signal.removeEventListener("abort", ring);
  }
}
