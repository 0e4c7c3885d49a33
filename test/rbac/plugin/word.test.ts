// The generator knows the words by name, the runtime by generated code. They must be the same words.
import { expect, test } from "@jest/globals";
import { AuditLevelSchema, RoleSchema } from "../../../gen/metal/rbac/v1/rbac_pb.ts";
import { auditWords, roleTitle, roleWords } from "../../../src/rbac/plugin/word.ts";
import { roleName, roles } from "../../../src/rbac/role.ts";

test("the generator's roles are those of the proto and of the runtime, in their order", () => {
  const inProto = RoleSchema.values.map(({ name }) => name);
  expect(["ROLE_UNSPECIFIED", ...roleWords]).toEqual(inProto);
  expect(roles.map((role) => RoleSchema.value[role]?.name)).toEqual(roleWords);
  expect(roleWords.map(roleTitle)).toEqual(roles.map(roleName));
});

test("the generator's audit levels are those of the proto, in their order", () => {
  expect(auditWords).toEqual(AuditLevelSchema.values.map(({ name }) => name));
});
