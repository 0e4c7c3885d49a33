// Who of the servers that share a store does the work that only one of them is to do: the one that holds the lease, which
// ends by itself when its holder does.
import { randomUUID } from "node:crypto";
import { create } from "@bufbuild/protobuf";
import { timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import { type JobLease, JobLeaseSchema } from "../../gen/metal/store/v1/job_pb.ts";
import type { Store } from "../store/store.ts";

/** How long a lease lasts without being renewed, in milliseconds: much longer than clocks of servers differ. */
export const leaseMs = 60_000;

/** The lease of one kind of work. */
export interface Lease {
  /** Takes or renews it. False if another server holds it. */
  hold(): Promise<boolean>;
  /** Gives it back, so that the next one need not wait for its end. */
  release(): Promise<void>;
}

/**
 * The lease called `id`, for a holder of its own. It lasts `ms` milliseconds, and is renewed when half of that is over: who
 * looks often need not write each time.
 */
export function createLease(
  store: Pick<Store, "read" | "transaction">,
  id: string,
  now: () => number,
  ms = leaseMs,
): Lease {
  const holder = randomUUID();
  const isFree = (lease: JobLease | undefined) =>
    lease === undefined ||
    lease.holder === holder ||
    lease.until === undefined ||
    timestampMs(lease.until) <= now();
  return {
    async hold() {
      // Without a transaction, as long as there is nothing to take or to renew.
      const kept = await store.read.jobLease.get(id);
      if (!isFree(kept)) return false;
      if (kept?.holder === holder && msLeft(kept, now()) >= ms / 2) return true;
      return unlessLost(
        store.transaction(async ({ jobLease }) => {
          const known = await jobLease.get(id);
          if (!isFree(known)) return false;
          const until = timestampFromMs(now() + ms);
          const lease = create(JobLeaseSchema, { ...known, id, holder, until });
          await (known === undefined ? jobLease.insert(lease) : jobLease.update(lease));
          return true;
        }),
      );
    },
    async release() {
      await store.transaction(async ({ jobLease }) => {
        if ((await jobLease.get(id))?.holder === holder) await jobLease.delete(id);
      });
    },
  };
}

const msLeft = ({ until }: JobLease, nowMs: number): number =>
  until === undefined ? 0 : timestampMs(until) - nowMs;

/** Of two who take a lease at once one is refused; that is no failure. */
async function unlessLost(taking: Promise<boolean>): Promise<boolean> {
  try {
    return await taking;
  } catch (error) {
    const lost = [Code.Aborted, Code.AlreadyExists];
    if (error instanceof ConnectError && lost.includes(error.code)) return false;
    throw error;
  }
}
