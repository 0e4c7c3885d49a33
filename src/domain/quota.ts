// Limits of tenants and projects, and how much of them is used.
import { clone, create } from "@bufbuild/protobuf";
import {
  type Quota,
  QuotaSchema,
  type QuotaSet,
  QuotaSetSchema,
} from "../../gen/metal/v1/meta_pb.ts";
import { exhausted } from "./errors.ts";

/** The limits alone: what is used is counted when it is asked for, never kept. */
export function withoutUsage(quotas: QuotaSet | undefined): QuotaSet | undefined {
  if (quotas === undefined) return undefined;
  const limits = clone(QuotaSetSchema, quotas);
  const { cluster, machine, ip, project, network } = limits;
  for (const quota of [cluster, machine, ip, project, network]) if (quota) quota.used = undefined;
  return limits;
}

/** `quota` with its use. */
export function withUsage(quota: Quota | undefined, used: number): Quota {
  return create(QuotaSchema, { quota: quota?.quota, used });
}

/** Throws resource_exhausted if one more would exceed the limit. `what` names what is counted and of whom. */
export function assertWithin(quota: Quota | undefined, used: number, what: string): void {
  if (quota?.quota === undefined || used < quota.quota) return;
  throw exhausted(`${what}: the quota of ${quota.quota} is used up`);
}
