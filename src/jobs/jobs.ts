// The work that is done by itself, and by one server only: what, and how often. A new job is a new entry.
import { forgetOld, type RetentionOptions } from "../audit/retention.ts";
import { sealAudit, type SealOptions } from "../audit/seal.ts";
import type { Deliveries } from "../audit/sinks/delivery.ts";
import type { Store } from "../store/store.ts";
import type { Vpn } from "../vpn/vpn.ts";
import { expireCommands } from "./bmc-command.ts";
import { createLease } from "./lease.ts";
import { concludeLiveliness } from "./liveliness.ts";
import { resurrectMachines } from "./resurrection.ts";
import { createScheduler, type Job, type Scheduler } from "./scheduler.ts";
import { followVpn } from "./vpn.ts";
import { endLapsedWaits } from "./wait.ts";

/** What jobs are given. */
export interface JobOptions {
  readonly store: Store;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** The VPN to firewalls; none without. */
  readonly vpn?: Vpn | undefined;
  /** Seals secrets anew that are not sealed with the key of today, and tells how many; absent without a key. */
  readonly reseal?: (stopping: AbortSignal) => Promise<number>;
  readonly log: {
    info(fields: object, message: string): void;
    error(fields: object, message: string): void;
  };
}

const secondMs = 1_000;
const minuteMs = 60 * secondMs;
const dayMs = 24 * 60 * minuteMs;

/** Changes are remembered for so long, and so many of them at most. */
const remembered = { ms: dayMs, changes: 500_000 };

function jobsOf({ store, now, vpn, reseal, log }: JobOptions): readonly Job[] {
  return [
    ...(reseal === undefined ? [] : [resealJob(reseal, log)]),
    ...(vpn === undefined ? [] : [vpnJob(store, vpn)]),
    {
      name: "commands for BMCs",
      everyMs: 30 * secondMs,
      run: async () => void (await expireCommands(store, now())),
    },
    {
      name: "waiting machines",
      everyMs: 10 * secondMs,
      run: () => endLapsedWaits(store, now()),
    },
    {
      name: "liveliness",
      everyMs: minuteMs,
      run: async () => void (await concludeLiveliness(store, now())),
    },
    {
      name: "resurrection",
      everyMs: minuteMs,
      run: () =>
        resurrectMachines(store, now(), (outcome) => {
          if ("err" in outcome)
            return log.error(outcome, "a machine could not be given a new start");
          return log.info(outcome, "a machine was given a new start");
        }),
    },
    {
      name: "changes",
      everyMs: 10 * minuteMs,
      run: () =>
        store.changes.forget({ beforeMs: now() - remembered.ms, keep: remembered.changes }),
    },
  ];
}

const resealJob = (reseal: NonNullable<JobOptions["reseal"]>, log: JobOptions["log"]): Job => ({
  name: "secrets",
  everyMs: 60 * minuteMs,
  run: async (stopping) => {
    const resealed = await reseal(stopping);
    if (resealed > 0) log.info({ resealed }, "secrets are sealed with the key of today");
  },
});

const vpnJob = (store: Store, vpn: Vpn): Job => ({
  name: "firewalls in the VPN",
  everyMs: minuteMs,
  run: () => followVpn(store, vpn),
});

/** Starts what is done for the audit, apart from the rest so that nothing keeps it waiting. */
export function startAuditJobs(options: AuditJobOptions): Scheduler {
  const { store, now, log } = options;
  return createScheduler({
    jobs: auditJobsOf(options),
    lease: createLease(store, "audit", now, auditLeaseMs),
    now,
    log,
    everyMs: sealMs,
  });
}

/** What the jobs of the audit are given. */
export interface AuditJobOptions extends Omit<JobOptions, "vpn" | "reseal"> {
  readonly sign?: SealOptions["sign"];
  /** How long records are kept, in milliseconds; for ever without. */
  readonly keepMs?: number | undefined;
  /** Who is to have a record before it is removed. */
  readonly sinks: readonly { readonly name: string }[];
  readonly deliveries: Pick<Deliveries, "begin">;
}

/** How long a record is without a seal, as far as it depends on us. */
const sealMs = 2 * secondMs;
/** Short, so that records are not long without a seal when a server dies: two who seal at once do no harm. */
const auditLeaseMs = 20 * secondMs;

function auditJobsOf(options: AuditJobOptions): readonly Job[] {
  const { keepMs, deliveries } = options;
  const sinks = options.sinks.map(({ name }) => name);
  return [
    // Each time that the scheduler looks.
    {
      name: "seals of the audit",
      everyMs: 0,
      run: (stopping) => sealAudit({ ...options, stopping }),
    },
    { name: "copies of the audit", everyMs: 0, run: async () => deliveries.begin() },
    ...(keepMs === undefined ? [] : [retentionJob({ ...options, keepMs, sinks })]),
  ];
}

const retentionJob = (options: RetentionOptions): Job => ({
  name: "retention of the audit",
  everyMs: 60 * minuteMs,
  run: (stopping) => forgetOld({ ...options, stopping }),
});

/** Starts the jobs on this server, which does them while it holds their lease. */
export function startJobs(options: JobOptions): Scheduler {
  const { store, now, log } = options;
  return createScheduler({
    jobs: jobsOf(options),
    lease: createLease(store, "jobs", now),
    now,
    log,
  });
}
