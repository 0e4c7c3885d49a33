import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { PartitionService } from "../../gen/metal/v1/partition_pb.ts";
import { ProjectService } from "../../gen/metal/v1/project_pb.ts";
import { SizeService } from "../../gen/metal/v1/size_pb.ts";
import { TenantService } from "../../gen/metal/v1/tenant_pb.ts";
import { failure } from "../world/failure.ts";
import { startWorld, type World } from "../world/server.ts";

let world: World;
beforeEach(async () => {
  world = await startWorld();
});
afterEach(() => world.close());

const tenants = () => world.client(TenantService, "admin");
const projects = () => world.client(ProjectService, "admin");

test("a project that names no tenant belongs to the one that runs the data centre", async () => {
  const { project } = await projects().create({ project: { name: "p" } });
  expect(project?.tenantId).toBe("metal");
});

test("a project of a tenant that does not exist is refused", async () => {
  expect(await failure(projects().create({ project: { tenantId: "nobody" } }))).toBe(
    'FailedPrecondition: there is no tenant "nobody"',
  );
});

test("a project without limits gets those its tenant has for new ones", async () => {
  const defaultQuotas = { machine: { quota: 4 } };
  await tenants().create({ tenant: { meta: { id: "a" }, defaultQuotas } });
  const inherited = await projects().create({ project: { tenantId: "a" } });
  expect(inherited.project?.quotas?.machine?.quota).toBe(4);
  const quotas = { ip: { quota: 1 } };
  const own = await projects().create({ project: { tenantId: "a", quotas } });
  expect(own.project?.quotas?.machine).toBeUndefined();
});

test("of projects created at once no more succeed than the tenant's quota allows", async () => {
  await tenants().create({ tenant: { meta: { id: "a" }, quotas: { project: { quota: 3 } } } });
  const calls = Array.from({ length: 8 }, () =>
    failure(projects().create({ project: { tenantId: "a" } })),
  );
  const outcomes = await Promise.all(calls);
  expect(outcomes.filter((text) => text === "no failure")).toHaveLength(3);
  const refused = 'ResourceExhausted: projects of tenant "a": the quota of 3 is used up';
  expect(outcomes.filter((text) => text === refused)).toHaveLength(5);
});

test("the tenant of a project never changes", async () => {
  const { project } = await projects().create({ project: { meta: { id: "p" } } });
  expect(project?.meta?.version).toBe(0n);
  const update = projects().update({
    project: { meta: { id: "p", version: 0n }, tenantId: "other" },
  });
  expect(await failure(update)).toBe(
    'InvalidArgument: project.tenant_id: is "metal" and never changes',
  );
});

test("a project that has reserved machines is not deleted", async () => {
  await world.client(PartitionService, "admin").create({ partition: { id: "here" } });
  await world.client(SizeService, "admin").create({ size: { id: "small" } });
  await projects().create({ project: { meta: { id: "p" } } });
  const reservation = { sizeId: "small", projectId: "p", partitionIds: ["here"], amount: 1 };
  await world.client(SizeService, "edit").createReservation({ reservation });
  expect(await failure(projects().delete({ id: "p" }))).toBe(
    'FailedPrecondition: project "p" is in use by 1 size reservation',
  );
});

test("labels and annotations are kept, and found by", async () => {
  const meta = { id: "p", labels: ["a=b"], annotations: { team: "infra" } };
  const { project } = await projects().create({ project: { meta } });
  expect(project?.meta).toMatchObject(meta);
  const { projects: found } = await projects().list({ annotations: { team: "infra" } });
  expect(found.map((each) => each.meta?.id)).toEqual(["p"]);
});
