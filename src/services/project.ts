// ProjectService: proto/metal/v1/project.proto made real.
import { create } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import { MetaSchema } from "../../gen/metal/v1/meta_pb.ts";
import { type Project, ProjectSchema, type ProjectService } from "../../gen/metal/v1/project_pb.ts";
import { assertSame, found, insert, remove, update } from "../domain/entity.ts";
import { precondition } from "../domain/errors.ts";
import { ipTally } from "../domain/ip.ts";
import { assertWithin, withoutUsage, withUsage } from "../domain/quota.ts";
import type { Snapshot, Transaction } from "../store/store.ts";
import type { Deps } from "./deps.ts";
import { listOf, pairs } from "./list.ts";

/** The service. A project that names no tenant belongs to `providerTenant`. */
export function projectService({ read, change }: Deps, providerTenant: string) {
  return {
    async get({ id }) {
      return { project: await withUsed(read, await found(read.project, "project", id)) };
    },
    async list(request) {
      const where = {
        id: request.id,
        name: request.name,
        description: request.description,
        tenant: request.tenantId,
        annotation: pairs(request.annotations),
      };
      const { items, nextPageToken } = await listOf(read.project, "project", { request, where });
      return { projects: items, nextPageToken };
    },
    async create({ project = create(ProjectSchema) }, context) {
      settle(project);
      project.tenantId ||= providerTenant;
      return { project: await change(context, (tx) => createProject(tx, project)) };
    },
    async update({ project, updateMask }, context) {
      const sent = { sent: project, mask: updateMask, settle: settleChange };
      return { project: await change(context, (tx) => update(tx.project, "project", sent)) };
    },
    async delete({ id }, context) {
      const project = await change(context, (tx) =>
        remove(tx.project, "project", {
          id,
          dependants: [
            ["size reservations", tx.sizeReservation.count({ project: id })],
            ["networks", tx.network.count({ project: id })],
            ["machines", tx.machine.count({ project: id })],
            ["IPs", tx.tally.get(ipTally(id))],
          ],
        }),
      );
      return { project };
    },
  } satisfies ServiceImpl<typeof ProjectService>;
}

async function createProject(tx: Transaction, project: Project): Promise<Project> {
  const { tenantId } = project;
  const tenant = await tx.tenant.get(tenantId);
  if (tenant === undefined) throw precondition(`there is no tenant "${tenantId}"`);
  const projects = await tx.project.count({ tenant: tenantId });
  assertWithin(tenant.quotas?.project, projects, `projects of tenant "${tenantId}"`);
  project.quotas ??= tenant.defaultQuotas;
  return insert(tx.project, "project", project);
}

/** The project with how much of its limits is used, as far as it has limits. */
async function withUsed(read: Snapshot, project: Project): Promise<Project> {
  const { meta, quotas } = project;
  if (quotas === undefined) return project;
  const id = meta?.id ?? "";
  quotas.ip = withUsage(quotas.ip, await read.tally.get(ipTally(id)));
  quotas.network = withUsage(quotas.network, await read.network.count({ project: id }));
  quotas.machine = withUsage(quotas.machine, await read.machine.count({ project: id }));
  return project;
}

/** Fills in what a project always has. */
function settle(project: Project): void {
  project.meta ??= create(MetaSchema);
  Object.assign(project.meta, { kind: "Project", apiversion: "v1" });
  project.quotas = withoutUsage(project.quotas);
}

function settleChange(project: Project, before: Project): void {
  assertSame("project.tenant_id", before.tenantId, project.tenantId);
  settle(project);
}
