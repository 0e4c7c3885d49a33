// Removes records that are old enough, and says so in the chain before it does: the seals stay, and a seal that names the
// last one whose records may be missing tells retention from theft.
import { timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import type { AuditSeal } from "../../gen/metal/v1/audit_pb.ts";
import type { SealReader } from "../store/seals.ts";
import { appended, nextSeal, type SealOptions } from "./seal.ts";

/** What retention is given. */
export interface RetentionOptions extends SealOptions {
  /** How long records are kept, in milliseconds. */
  readonly keepMs: number;
  /** Names of the sinks that must have a record before it is removed. */
  readonly sinks: readonly string[];
}

/** So far the clocks of servers may be apart, in milliseconds: no call of a seal arrived so long after it. */
const slackMs = 60_000;

/** Removes what is old enough. What it was interrupted in it does when it runs again. */
export async function forgetOld(options: RetentionOptions): Promise<void> {
  const { read } = options.store;
  const head = await read.seals.head();
  if (head === undefined) return;
  const horizonMs = options.now() - options.keepMs;
  const most = Math.min(Number(head.number), ...(await positions(options)));
  const last = await lastBefore(read.seals, most, horizonMs - slackMs);
  if (last > Number(head.forgotten)) {
    // Whoever keeps records for longer than before has them no shorter removed.
    const before = head.horizon === undefined ? 0 : timestampMs(head.horizon);
    const horizon = timestampFromMs(Math.max(horizonMs, before));
    const removed = { forgotten: BigInt(last), horizon };
    if (!(await appended(options, nextSeal(head, { ...options, leaves: [], removed })))) return;
  }
  await removeForgotten(options);
}

/** How far each sink is. */
function positions({ store, sinks }: RetentionOptions): Promise<number[]> {
  const positionOf = async (name: string) =>
    Number((await store.read.auditSink.get(name))?.seal ?? 0n);
  return Promise.all(sinks.map(positionOf));
}

/** The last of the first `most` seals that is older than a moment, 0 if none is: times of seals never go back. */
async function lastBefore(seals: SealReader, most: number, ms: number): Promise<number> {
  let [low, high] = [0, most];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    const [seal] = await seals.list({ after: middle - 1, limit: 1 });
    if (seal?.time !== undefined && timestampMs(seal.time) < ms) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** A seal at a time, so that others get their turn. */
async function removeForgotten({ store, stopping }: RetentionOptions): Promise<void> {
  const forgotten = (await store.read.seals.head())?.forgotten ?? 0n;
  while (!stopping?.aborted) {
    const [oldest]: readonly (AuditSeal | undefined)[] = await store.read.seals.oldest(1);
    if (oldest === undefined || oldest.number > forgotten) return;
    await store.transaction((tx) => tx.seals.forget(oldest));
  }
}
