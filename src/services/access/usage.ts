// Lists who called what how often, from what has been counted.
import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { Usage } from "../../../gen/metal/store/v1/usage_pb.ts";
import type { AccessServiceListUsageRequest } from "../../../gen/metal/v1/access_pb.ts";
import { dayOf } from "../../audit/usage-entry.ts";
import { pageOf } from "../../domain/page.ts";
import type { Reader } from "../../store/store.ts";

/** Where counts come from. */
export interface UsageSource {
  readonly read: Pick<Reader<"usage">, "list">;
  /** Writes what this process has counted and not yet written. */
  readonly flush: () => Promise<void>;
}

/** The page of usage that is asked for. */
export async function usagePage(source: UsageSource, request: AccessServiceListUsageRequest) {
  const { principal, procedure, since } = request;
  const where = { principal, procedure };
  const fromDay = since ? dayOf(timestampMs(since)) : Number.NEGATIVE_INFINITY;
  await source.flush();
  const { items, nextPageToken } = await pageOf(request, {
    filter: [where, fromDay],
    key: ({ id }: Usage) => id,
    fetch: (after, limit) => source.read.list({ where, after, limit }),
  });
  const usages = items.map((usage) => counted(usage, fromDay));
  return { usages: usages.filter(({ count }) => count > 0n), nextPageToken };
}

function counted(usage: Usage, fromDay: number) {
  const { principal, principalName, role, component, procedure, firstUsed, lastUsed } = usage;
  const days = usage.days.filter(({ day }) => day >= fromDay);
  return {
    principal,
    principalName,
    role,
    component,
    procedure,
    count: days.reduce((sum, { count }) => sum + count, 0n),
    ...(firstUsed && { firstUsed }),
    ...(lastUsed && { lastUsed }),
  };
}
