// What is kept about one identity and one RPC: how many calls on which day. Days are counted from 1970 in UTC.
import { createHash } from "node:crypto";
import { clone, create } from "@bufbuild/protobuf";
import { timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import { type Usage, type UsageKey, UsageSchema } from "../../gen/metal/store/v1/usage_pb.ts";
import type { Tally } from "./usage-tally.ts";

/** So many days are remembered, and an entry as long after its last call. */
export const rememberedDays = 100;

const dayMs = 24 * 60 * 60 * 1000;

/** The day of a moment in milliseconds since 1970. */
export const dayOf = (ms: number): number => Math.floor(ms / dayMs);

/** Engines limit the size of a key, in UTF-16 code units; longer ones are kept as their hash. */
const longestId = 512;

/** The entry of the calls in `tally`, as if there were no others. */
export function usageOf({ principal, procedure, firstMs, lastMs, days, keys }: Tally): Usage {
  return create(UsageSchema, {
    id: usageId(principal.id, procedure),
    principal: principal.id.toWellFormed(),
    principalName: principal.name.toWellFormed(),
    role: principal.role,
    component: principal.component ?? "",
    procedure,
    firstUsed: timestampFromMs(firstMs),
    lastUsed: timestampFromMs(lastMs),
    days: [...days].map(([day, count]) => ({ day, count: BigInt(count) })),
    keys: [...keys].map(([id, ms]) => ({ id, lastUsed: timestampFromMs(ms) })),
  });
}

/** Names an entry, so that entries are ordered by identity and then by RPC. */
export function usageId(principal: string, procedure: string): string {
  const plain = `${principal} ${procedure}`;
  const keepable = plain.isWellFormed() && !plain.includes("\0") && plain.length <= longestId;
  return keepable ? plain : createHash("sha256").update(plain, "utf16le").digest("base64url");
}

/** Both together: the facts of the later one, the version of `kept`, and no day that is too long ago. */
export function merged(kept: Usage, added: Usage): Usage {
  const later = lastUsedMs(added) >= lastUsedMs(kept) ? added : kept;
  const firstMs = Math.min(
    ...[kept, added].map(({ firstUsed }) => (firstUsed ? timestampMs(firstUsed) : 0)),
  );
  const both = clone(UsageSchema, later);
  if (kept.generation !== undefined) both.generation = kept.generation;
  both.firstUsed = timestampFromMs(firstMs);
  const today = dayOf(lastUsedMs(later));
  both.days = mergedDays([...kept.days, ...added.days], today);
  both.keys = mergedKeys([...kept.keys, ...added.keys], today);
  return both;
}

function mergedDays(days: Usage["days"], today: number): Usage["days"] {
  const counts = new Map<number, bigint>();
  for (const { day, count } of days) counts.set(day, (counts.get(day) ?? 0n) + count);
  const kept = [...counts].filter(([day]) => day > today - rememberedDays);
  const sorted = kept.toSorted(([a], [b]) => a - b);
  return create(UsageSchema, { days: sorted.map(([day, count]) => ({ day, count })) }).days;
}

/** The last use of each key, unless it is as long ago as days are forgotten. */
function mergedKeys(keys: readonly UsageKey[], today: number): UsageKey[] {
  const last = new Map<string, UsageKey>();
  for (const key of keys.toSorted((a, b) => lastUsedMs(a) - lastUsedMs(b))) last.set(key.id, key);
  return [...last.values()].filter((key) => dayOf(lastUsedMs(key)) > today - rememberedDays);
}

/** True if nothing of the entry is remembered any more. */
export function isForgotten(usage: Usage, nowMs: number): boolean {
  return dayOf(lastUsedMs(usage)) <= dayOf(nowMs) - rememberedDays;
}

function lastUsedMs({ lastUsed }: Pick<Usage, "lastUsed">): number {
  return lastUsed ? timestampMs(lastUsed) : 0;
}
