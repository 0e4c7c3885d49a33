// TenantService: proto/metal/v1/tenant.proto made real.
import { create } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import { MetaSchema } from "../../gen/metal/v1/meta_pb.ts";
import { type Tenant, TenantSchema, type TenantService } from "../../gen/metal/v1/tenant_pb.ts";
import { found, insert, remove, update } from "../domain/entity.ts";
import { precondition } from "../domain/errors.ts";
import { withoutUsage, withUsage } from "../domain/quota.ts";
import type { Snapshot, Store } from "../store/store.ts";
import type { Deps } from "./deps.ts";
import { listOf, pairs } from "./list.ts";

/** The service. `providerTenant` is the id of the tenant that runs the data centre; it cannot be deleted. */
export function tenantService({ read, change }: Deps, providerTenant: string) {
  return {
    async get({ id }) {
      return { tenant: await withProjectsUsed(read, await found(read.tenant, "tenant", id)) };
    },
    async list(request) {
      const where = {
        id: request.id,
        name: request.name,
        annotation: pairs(request.annotations),
      };
      const { items, nextPageToken } = await listOf(read.tenant, "tenant", { request, where });
      return { tenants: items, nextPageToken };
    },
    async create({ tenant = create(TenantSchema) }, context) {
      settle(tenant);
      return { tenant: await change(context, (tx) => insert(tx.tenant, "tenant", tenant)) };
    },
    async update({ tenant, updateMask }, context) {
      const sent = { sent: tenant, mask: updateMask, settle };
      return { tenant: await change(context, (tx) => update(tx.tenant, "tenant", sent)) };
    },
    async delete({ id }, context) {
      if (id === providerTenant)
        throw precondition(`tenant "${id}" runs the data centre and cannot be deleted`);
      const tenant = await change(context, (tx) =>
        remove(tx.tenant, "tenant", {
          id,
          dependants: [["projects", tx.project.count({ tenant: id })]],
        }),
      );
      return { tenant };
    },
  } satisfies ServiceImpl<typeof TenantService>;
}

/** Fills in what a tenant always has. */
function settle(tenant: Tenant): void {
  tenant.meta ??= create(MetaSchema);
  Object.assign(tenant.meta, { kind: "Tenant", apiversion: "v1" });
  tenant.quotas = withoutUsage(tenant.quotas);
  tenant.defaultQuotas = withoutUsage(tenant.defaultQuotas);
}

async function withProjectsUsed(read: Snapshot, tenant: Tenant): Promise<Tenant> {
  if (tenant.quotas === undefined) return tenant;
  const used = await read.project.count({ tenant: tenant.meta?.id });
  tenant.quotas.project = withUsage(tenant.quotas.project, used);
  return tenant;
}

/** Makes sure that the tenant that runs the data centre exists. */
export async function ensureProviderTenant(store: Store, id: string): Promise<void> {
  if ((await store.read.tenant.get(id)) !== undefined) return;
  const tenant = create(TenantSchema, { meta: { id }, name: id });
  settle(tenant);
  await store.transaction(async (tx) => {
    if ((await tx.tenant.get(id)) === undefined) await insert(tx.tenant, "tenant", tenant);
  });
}
