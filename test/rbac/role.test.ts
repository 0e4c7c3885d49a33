// The order of roles, and that nothing but a role has a place in it.
import { describe, expect, test } from "@jest/globals";
import { atLeast, Role, roleName, roles } from "../../src/rbac/role.ts";

test("roles are ordered Public, Authenticated, Viewer, Editor, Admin", () => {
  expect(roles.map(roleName)).toEqual(["Public", "Authenticated", "Viewer", "Editor", "Admin"]);
});

test("a role includes itself and all below it, and none above", () => {
  const table = roles.map((held) => roles.map((needed) => atLeast(held, needed)));
  expect(table).toEqual([
    [true, false, false, false, false],
    [true, true, false, false, false],
    [true, true, true, false, false],
    [true, true, true, true, false],
    [true, true, true, true, true],
  ]);
});

describe.each([undefined, null, Number.NaN, 0, 6, -1, 3.5, "5", "ADMIN", Infinity, [5]])(
  "%p, which is no role,",
  (odd) => {
    const noRole = odd as Role;

    test("is not enough for any role", () => {
      expect(roles.filter((needed) => atLeast(noRole, needed))).toEqual([]);
      expect(atLeast(noRole, noRole)).toBe(false);
    });

    test("cannot be satisfied by any role", () => {
      expect(roles.filter((held) => atLeast(held, noRole))).toEqual([]);
    });

    test("has no name", () => {
      expect(roleName(noRole)).toBe("Unspecified");
    });
  },
);
