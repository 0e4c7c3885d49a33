import { describe, expect, test } from "@jest/globals";
import { createHmacDirectory } from "../../src/auth/hmac-directory.ts";
import type { HmacUser } from "../../src/auth/hmac-user.ts";
import { Role } from "../../src/rbac/role.ts";

const user = (name: string, more: Partial<HmacUser> = {}): HmacUser => ({
  name,
  type: name,
  role: Role.VIEWER,
  windowSeconds: 30,
  keys: [{ id: "k", secret: `key of ${name}` }],
  ...more,
});

const key = { id: "k", secret: "key of a" };

const principalIn = (directory: ReturnType<typeof createHmacDirectory>, type: string) =>
  directory.find(type)?.keys[0]?.principal;

test("users that are replaced come and go, and those of the start stay", () => {
  const directory = createHmacDirectory([user("fixed")]);
  directory.replace([user("a"), user("b")]);
  directory.replace([user("b")]);
  const known = ["fixed", "a", "b"].filter((type) => directory.find(type) !== undefined);
  expect(known).toEqual(["fixed", "b"]);
});

test("nobody takes the name or the type of a user of the start", () => {
  const directory = createHmacDirectory([user("fixed")]);
  directory.replace([
    user("fixed", { type: "other", role: Role.ADMIN }),
    user("other", { type: "fixed", role: Role.ADMIN }),
  ]);
  expect(principalIn(directory, "fixed")?.role).toBe(Role.VIEWER);
  expect(directory.find("other")).toBeUndefined();
});

describe("a key is revoked", () => {
  const changes: readonly (readonly [string, HmacUser[]])[] = [
    ["when its user is gone", []],
    ["when it is gone", [user("a", { keys: [{ id: "n", secret: "another" }] })]],
    ["when its secret is another", [user("a", { keys: [{ id: "k", secret: "another" }] })]],
    ["when the role of its user is another", [user("a", { role: Role.AUTHENTICATED })]],
    ["when its user is limited", [user("a", { procedures: new Set(["/a.B/C"]) })]],
    ["when its end has come", [user("a", { keys: [{ ...key, notAfter: new Date(1) }] })]],
  ];
  test.each(changes)("%s", (_, after) => {
    const directory = createHmacDirectory([]);
    directory.replace([user("a")]);
    const revoked = principalIn(directory, "a")?.revoked;
    directory.replace(after);
    expect(revoked?.aborted).toBe(true);
  });

  test("not when it stays as it is, or is to end later", () => {
    const directory = createHmacDirectory([]);
    directory.replace([user("a")]);
    const revoked = principalIn(directory, "a")?.revoked;
    directory.replace([user("a")]);
    const later = new Date(Date.now() + 60_000);
    directory.replace([user("a", { keys: [{ ...key, notAfter: later }] })]);
    expect(revoked?.aborted).toBe(false);
    expect(principalIn(directory, "a")?.expiresAt).toEqual(later);
  });
});
