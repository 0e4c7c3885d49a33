// HealthService: proto/metal/v1/health.proto made real.
import type { ServiceImpl } from "@connectrpc/connect";
import { type HealthService, HealthStatus } from "../../gen/metal/v1/health_pb.ts";

/** The parts that the server's health depends on: each rejects or answers. */
export type HealthChecks = Readonly<Record<string, () => Promise<unknown>>>;

/** How long a part may take to answer before it counts as unhealthy. In milliseconds. */
const limitMs = 2_000;

export function healthService(checks: HealthChecks) {
  return {
    async get() {
      const components = await Promise.all(
        Object.entries(checks).map(async ([name, check]) => ({ name, status: await ask(check) })),
      );
      const healthy = components.every(({ status }) => status === HealthStatus.HEALTHY);
      const status = healthy ? HealthStatus.HEALTHY : HealthStatus.UNHEALTHY;
      return { status, components };
    },
  } satisfies ServiceImpl<typeof HealthService>;
}

async function ask(check: () => Promise<unknown>): Promise<HealthStatus> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error("no answer")), limitMs);
  try {
    await Promise.race([check(), late]);
    return HealthStatus.HEALTHY;
  } catch {
    return HealthStatus.UNHEALTHY; // Why is a matter for the log of the part, not for an anonymous caller.
  } finally {
    clearTimeout(timer);
  }
}
