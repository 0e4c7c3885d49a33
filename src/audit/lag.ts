// How far seals and copies of the audit are behind what was committed.
import type { Snapshot } from "../store/store.ts";

/** Asks the store. Ages are in seconds; a sink lacks so many seals. */
export async function auditLag(
  { seals, auditSink }: Pick<Snapshot, "seals" | "auditSink">,
  {
    sinks,
    nowMs,
  }: { readonly sinks: readonly { readonly name: string }[]; readonly nowMs: number },
) {
  const [{ count, oldestMs = nowMs }, head] = [await seals.backlog(), await seals.head()];
  const lagOf = async ({ name }: { readonly name: string }) => {
    const position = (await auditSink.get(name))?.seal ?? 0n;
    return [name, Number((head?.number ?? 0n) - position)] as const;
  };
  return {
    unsealed: count,
    unsealedSeconds: Math.max(nowMs - oldestMs, 0) / 1000,
    sinks: await Promise.all(sinks.map(lagOf)),
  };
}
