import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { ProjectService } from "../../gen/metal/v1/project_pb.ts";
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

test("a tenant without an id gets one, and kind, version and times", async () => {
  const { tenant } = await tenants().create({ tenant: { name: "acme" } });
  expect(tenant?.meta).toMatchObject({ kind: "Tenant", apiversion: "v1", version: 0n });
  expect(tenant?.meta?.id).toMatch(/^[0-9a-f-]{36}$/);
  expect(tenant?.meta?.createdTime).toEqual(tenant?.meta?.updatedTime);
});

test("what the server sets is ignored when it is sent", async () => {
  const meta = { id: "a", version: 7n, createdTime: { seconds: 1n } };
  const quotas = { project: { quota: 3, used: 2 } };
  const { tenant } = await tenants().create({ tenant: { meta, quotas } });
  expect(tenant?.meta?.version).toBe(0n);
  expect(tenant?.meta?.createdTime?.seconds).toBeGreaterThan(1n);
  expect(tenant?.quotas?.project).toMatchObject({ quota: 3 });
  expect(tenant?.quotas?.project?.used).toBeUndefined();
});

test("another kind than Tenant is refused", async () => {
  const call = tenants().create({ tenant: { meta: { id: "a", kind: "Project" } } });
  expect(await failure(call)).toBe('InvalidArgument: tenant.meta: must be "Tenant" or left out');
});

test("a quota of projects shows how many there are", async () => {
  await tenants().create({ tenant: { meta: { id: "a" }, quotas: { project: { quota: 2 } } } });
  await projects().create({ project: { tenantId: "a" } });
  const { tenant } = await tenants().get({ id: "a" });
  expect(tenant?.quotas?.project).toMatchObject({ quota: 2, used: 1 });
});

test("a tenant that has projects is not deleted, and the refusal counts them", async () => {
  await tenants().create({ tenant: { meta: { id: "a" } } });
  await projects().create({ project: { tenantId: "a" } });
  await projects().create({ project: { tenantId: "a" } });
  expect(await failure(tenants().delete({ id: "a" }))).toBe(
    'FailedPrecondition: tenant "a" is in use by 2 projects',
  );
});

test("the tenant that runs the data centre exists from the start and is not deleted", async () => {
  expect((await tenants().get({ id: "metal" })).tenant?.name).toBe("metal");
  expect(await failure(tenants().delete({ id: "metal" }))).toBe(
    'FailedPrecondition: tenant "metal" runs the data centre and cannot be deleted',
  );
});

test("annotations are a filter whose text means nothing but itself", async () => {
  const annotations = { "a'; drop table entity; --": "100%_" };
  await tenants().create({ tenant: { meta: { id: "odd", annotations } } });
  await tenants().create({ tenant: { meta: { id: "even", annotations: { a: "b" } } } });
  const found = await tenants().list({ annotations });
  expect(found.tenants.map(({ meta }) => meta?.id)).toEqual(["odd"]);
  expect((await tenants().list({ name: "%" })).tenants).toEqual([]);
});

test("where a tenant's people sign in survives an update of something else", async () => {
  const iamConfig = {
    issuerConfig: { url: "https://login.example", clientId: "metal" },
    idmConfig: { idmType: "LDAP" },
    groupConfig: { namespaceMaxLength: 20 },
  };
  await tenants().create({ tenant: { meta: { id: "a" }, iamConfig } });
  const { tenant } = await tenants().update({
    tenant: { meta: { id: "a", version: 0n }, name: "n" },
  });
  expect(tenant?.iamConfig).toMatchObject(iamConfig);
});
