// Which names grant which role, in each mode.
import { describe, expect, test } from "@jest/globals";
import {
  defaultRoles,
  grantedRole,
  grantingValues,
  type RoleMapping,
  type RoleMappingMode,
} from "../../src/auth/role-mapping.ts";
import { Role, roleName } from "../../src/rbac/role.ts";

const { AUTHENTICATED, VIEWER, EDITOR, ADMIN } = Role;
const mapping = (mode: RoleMappingMode, tenants?: readonly string[]): RoleMapping => ({
  mode,
  roles: defaultRoles,
  tenants: tenants && new Set(tenants),
});

const rules: readonly (readonly [RoleMappingMode, string, Role])[] = [
  ["exact", "maas-all-all-view", VIEWER],
  ["exact", "maas-all-all-edit", EDITOR],
  ["exact", "maas-all-all-admin", ADMIN],
  ["exact", "k8s_kaas-view", VIEWER],
  ["exact", "k8s_kaas-edit", EDITOR],
  ["exact", "k8s_kaas-admin", ADMIN],
  ["exact", "MAAS-all-all-admin", AUTHENTICATED],
  ["exact", "maas-all-all-admin ", AUTHENTICATED],
  ["exact", "tnnt_maas-all-all-admin", AUTHENTICATED],
  ["exact", "", AUTHENTICATED],
  ["ldap-prefixed", "tnnt_maas-all-all-view", VIEWER],
  ["ldap-prefixed", "tnnt_maas-all-all-admin", ADMIN],
  ["ldap-prefixed", "maas-all-all-admin", AUTHENTICATED],
  ["ldap-prefixed", "_maas-all-all-admin", AUTHENTICATED],
  ["ldap-prefixed", "a_b_maas-all-all-admin", AUTHENTICATED],
  ["ldap-prefixed", "k8s_kaas-admin", AUTHENTICATED],
  ["ldap-prefixed", "tnnt_k8s_kaas-admin", AUTHENTICATED],
  ["ldap-prefixed", "tnnt_MAAS-all-all-admin", AUTHENTICATED],
  ["ldap-prefixed", "tn nt_maas-all-all-admin", AUTHENTICATED],
  ["ad-prefixed", "TnPg_Srv_Appmaas-all-all-edit_Full", EDITOR],
  ["ad-prefixed", "TnPg_Srv_Appmaas-all-all-admin_full", ADMIN],
  ["ad-prefixed", "TnPg_Srv_Appmaas-all-all-admin_Read", AUTHENTICATED],
  ["ad-prefixed", "TnPg_Srv_Appmaas-all-all-admin_Mod", AUTHENTICATED],
  ["ad-prefixed", "TnPg_Srv_Xyzmaas-all-all-admin_Full", AUTHENTICATED],
  ["ad-prefixed", "TnPg_Srv_maas-all-all-admin_Full", AUTHENTICATED],
  ["ad-prefixed", "TnXx_Srv_Appmaas-all-all-admin_Full", AUTHENTICATED],
  ["ad-prefixed", "TenantPg_Srv_Appmaas-all-all-admin_Full", AUTHENTICATED],
  ["ad-prefixed", "tnpg_srv_appmaas-all-all-admin_full", AUTHENTICATED],
  ["ad-prefixed", "TnPg_Srv_ab_Full", AUTHENTICATED],
  ["ad-prefixed", "TnPg_Srv_App_Full", AUTHENTICATED],
  ["ad-prefixed", "TnPg_Srv_Appmaas-all-all-admin_Full_Full", AUTHENTICATED],
  ["ad-prefixed", "xTnPg_Srv_Appmaas-all-all-admin_Full", AUTHENTICATED],
  ["ad-prefixed", "maas-all-all-admin", AUTHENTICATED],
];

describe("one name", () => {
  test.each(rules.map(([mode, value, role]) => [mode, value, roleName(role), role] as const))(
    "%s: %j grants %s",
    (mode, value, _, role) => {
      expect(grantedRole([value], mapping(mode))).toBe(role);
    },
  );
});

describe("several names", () => {
  const [view, edit, admin] = ["maas-all-all-view", "maas-all-all-edit", "maas-all-all-admin"];

  test.each([
    [[view, edit], EDITOR],
    [[admin, view], ADMIN],
    [["x", view, "y"], VIEWER],
    [["x"], AUTHENTICATED],
    [[], AUTHENTICATED],
  ])("of %j the highest counts", (values, role) => {
    expect(grantedRole(values, mapping("exact"))).toBe(role);
  });

  test("a table of one's own replaces the names, not adds to them", () => {
    const own: RoleMapping = { mode: "exact", roles: new Map([["ops", ADMIN]]) };
    expect(grantedRole(["ops"], own)).toBe(ADMIN);
    expect(grantedRole(["maas-all-all-admin"], own)).toBe(AUTHENTICATED);
  });
});

describe("tenants", () => {
  test("only listed prefixes count", () => {
    const ldap = mapping("ldap-prefixed", ["tnnt"]);
    expect(grantedRole(["tnnt_maas-all-all-admin"], ldap)).toBe(ADMIN);
    expect(grantedRole(["acme_maas-all-all-admin"], ldap)).toBe(AUTHENTICATED);
    const ad = mapping("ad-prefixed", ["Tn"]);
    expect(grantedRole(["TnPg_Srv_Appmaas-all-all-admin_Full"], ad)).toBe(ADMIN);
    expect(grantedRole(["AcPg_Srv_Appmaas-all-all-admin_Full"], ad)).toBe(AUTHENTICATED);
  });
});

describe("what people are told grants a role", () => {
  test.each([
    mapping("exact"),
    mapping("ldap-prefixed", ["tnnt", "other"]),
    mapping("ad-prefixed", ["Tn"]),
  ])("does grant it ($mode)", (given) => {
    const told = grantingValues(given);
    expect(told.length).toBeGreaterThanOrEqual(3);
    for (const [value, role] of told) expect(grantedRole([value], given)).toBe(role);
  });

  test("has a star where every tenant counts", () => {
    expect(grantingValues(mapping("ldap-prefixed"))).toContainEqual([
      "*_maas-all-all-view",
      VIEWER,
    ]);
  });
});
