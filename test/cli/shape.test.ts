// What requests and answers look like from the command line, for every kind of request there is.
import type { DescMethod } from "@bufbuild/protobuf";
import { expect, test } from "@jest/globals";
import { AccessService } from "../../gen/metal/v1/access_pb.ts";
import { AuditService } from "../../gen/metal/v1/audit_pb.ts";
import { HealthService } from "../../gen/metal/v1/health_pb.ts";
import { ImageSchema, ImageService } from "../../gen/metal/v1/image_pb.ts";
import { IPService } from "../../gen/metal/v1/ip_pb.ts";
import { NetworkService } from "../../gen/metal/v1/network_pb.ts";
import { PartitionService } from "../../gen/metal/v1/partition_pb.ts";
import { SizeService } from "../../gen/metal/v1/size_pb.ts";
import { TenantSchema, TenantService } from "../../gen/metal/v1/tenant_pb.ts";
import { UserService } from "../../gen/metal/v1/user_pb.ts";
import { flagsOf } from "../../src/cli/flags.ts";
import { idPath, lockPath, resourcesOf } from "../../src/cli/resource.ts";
import { answerShape, requestShape } from "../../src/cli/shape.ts";

test.each<[DescMethod, string | undefined]>([
  [ImageService.method.get, "id"],
  [ImageService.method.delete, "id"],
  [ImageService.method.getLatest, "id"],
  [ImageService.method.list, undefined],
  [ImageService.method.create, undefined],
  [AuditService.method.get, "trace_id"],
  [AccessService.method.whoCan, "procedure"],
  [AccessService.method.check, "procedures"],
  [AccessService.method.whoAmI, undefined],
  [SizeService.method.suggest, undefined],
  [PartitionService.method.getCapacity, undefined],
])("the argument of %s is %j", (method, expected) => {
  expect(requestShape(method).argument?.name).toBe(expected);
});

test.each<[DescMethod, string | undefined]>([
  [ImageService.method.create, "image"],
  [ImageService.method.update, "image"],
  [SizeService.method.createReservation, "reservation"],
  [IPService.method.allocate, "ip"],
  [NetworkService.method.update, "network"],
  [ImageService.method.get, undefined],
  [SizeService.method.suggest, undefined],
])("%s wraps the entity %j", (method, expected) => {
  expect(requestShape(method).entity?.name).toBe(expected);
});

test.each<[DescMethod, string | undefined, string | undefined]>([
  [ImageService.method.get, undefined, "image"],
  [ImageService.method.list, "images", undefined],
  [AccessService.method.check, "decisions", undefined],
  [PartitionService.method.getCapacity, "capacities", undefined],
  [HealthService.method.get, undefined, undefined],
  [AccessService.method.whoAmI, undefined, undefined],
  [UserService.method.getMe, undefined, "user"],
])("the answer of %s has the rows %j or the result %j", (method, rows, result) => {
  const shape = answerShape(method);
  expect([shape.rows?.name, shape.result?.name]).toEqual([rows, result]);
});

test("what a request says beside the entity is a flag too, but for the mask", () => {
  const names = (method: DescMethod) => requestShape(method).fields.map(({ name }) => name);
  expect(names(IPService.method.allocate)).toEqual(["address_family", "machine_id"]);
  expect(names(NetworkService.method.update)).toEqual(["force"]);
  const flags = flagsOf(NetworkService.method.update).map(({ name, path }) => [name, path]);
  expect(flags).toContainEqual(["force", "force"]);
  expect(flags).toContainEqual(["private-super", "network.private_super"]);
  expect(flags.map(([name]) => name)).not.toContain("id");
});

test("what is allocated is a kind like what is created", () => {
  const kinds = resourcesOf(IPService).map(({ kind, create }) => [kind, create?.name]);
  expect(kinds).toEqual([["ip", "Allocate"]]);
  expect(resourcesOf(NetworkService)[0]?.create?.name).toBe("Create");
});

test("pages are asked for by the program, not by flags", () => {
  const { paged, fields } = requestShape(ImageService.method.list);
  expect(paged).toBe(true);
  expect(fields.map(({ name }) => name)).not.toContain("page_token");
  expect(requestShape(PartitionService.method.getCapacity).paged).toBe(false);
});

test("a service may keep several kinds of entities", () => {
  expect(resourcesOf(SizeService).map(({ kind, suffix }) => [kind, suffix])).toEqual([
    ["size-reservation", "-reservation"],
    ["size", ""],
  ]);
  expect(resourcesOf(TenantService).map(({ kind }) => kind)).toEqual(["tenant"]);
  expect(resourcesOf(AuditService)).toEqual([]);
});

test("identity and version are found in the entity or in its meta", () => {
  expect([idPath(ImageSchema), lockPath(ImageSchema)]).toEqual(["id", "generation"]);
  expect([idPath(TenantSchema), lockPath(TenantSchema)]).toEqual(["meta.id", "meta.version"]);
});
