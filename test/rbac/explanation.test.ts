import { expect, test } from "@jest/globals";
import { explain, sufficientRoles } from "../../src/rbac/explanation.ts";
import { Role } from "../../src/rbac/role.ts";

const { PUBLIC, UNSPECIFIED, VIEWER, EDITOR, ADMIN } = Role;
const call = {
  procedure: "x.Y/Z",
  decision: "allowed",
  requiredRole: EDITOR,
  role: VIEWER,
  components: [] as string[],
};

test.each([
  ["allowed", {}, "x.Y/Z needs role Editor, the caller had Viewer", ""],
  [
    "ROLE_TOO_LOW",
    {},
    "x.Y/Z needs role Editor, the caller had Viewer",
    "an identity with role Editor or Admin",
  ],
  [
    "ROLE_TOO_LOW",
    { requiredRole: ADMIN, components: ["metal-core", "metal-bmc"] },
    "x.Y/Z needs role Admin, the caller had Viewer",
    "an identity with role Admin, marked as metal-core or metal-bmc",
  ],
  [
    "WRONG_COMPONENT",
    { components: ["pixiecore"] },
    "x.Y/Z is limited to components, and the caller is marked as none of them",
    "an identity with role Editor or Admin, marked as pixiecore",
  ],
  [
    "NO_CREDENTIAL",
    {},
    "x.Y/Z needs role Editor, and no credential was presented",
    "a credential of an identity with role Editor or Admin",
  ],
  [
    "BAD_CREDENTIAL",
    {},
    "the credential that was presented is not valid",
    "a valid credential of an identity with role Editor or Admin",
  ],
  [
    "CREDENTIAL_ENDED",
    {},
    "the credential ended while the call ran",
    "a credential that lasts longer, or the rest of the call under a new one",
  ],
  ["NO_RULE", {}, "x.Y/Z has no rule, so nobody may call it", "a minimum role in its proto"],
  [
    "UNDECIDABLE",
    {},
    "the credential could not be checked at that time",
    "the same call at another time",
  ],
  ["CALL_ENDED", {}, "the call ended before it was decided", "the same call at another time"],
  ["SHUTTING_DOWN", {}, "the call ended before it was decided", "the same call at another time"],
  ["OF_A_NEWER_VERSION", {}, "the decision was OF_A_NEWER_VERSION", ""],
  ["toString", {}, "the decision was toString", ""],
])("%s %j is explained", (decision, facts, because, remedy) => {
  expect(explain({ ...call, ...facts, decision })).toEqual({ because, remedy });
});

test("the roles that suffice are the minimum and those above", () => {
  expect(sufficientRoles(VIEWER)).toEqual([VIEWER, EDITOR, ADMIN]);
  expect(sufficientRoles(PUBLIC).length).toBe(5);
  expect(sufficientRoles(UNSPECIFIED)).toEqual([]);
});
