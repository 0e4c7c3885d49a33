// The users and keys a server agrees to start with.
import { describe, expect, test } from "@jest/globals";
import type { HmacUser } from "../../src/auth/hmac-user.ts";
import { userProblems } from "../../src/auth/key-rules.ts";
import { problemText } from "../../src/domain/problem.ts";
import { Role } from "../../src/rbac/role.ts";

const [keyA, keyB] = ["a".repeat(32), "b".repeat(32)];

const user = (name: string, type: string, ...secrets: string[]): HmacUser => ({
  name,
  type,
  keys: secrets.map((secret, at) => ({ id: `${at}`, secret })),
  role: Role.VIEWER,
  windowSeconds: 30,
});

const problems = (...users: HmacUser[]) =>
  userProblems(
    users.map((one, at) => ({
      place: `user ${at}`,
      keyPlaces: one.keys.map((_, key) => `key ${at}.${key}`),
      user: one,
    })),
  ).map(problemText);

const reasons = (...users: HmacUser[]) => problems(...users).map((text) => text.split(";")[0]);

const published = [
  "must-be-changed",
  "change-me",
  "metal-admin",
  "metal-edit",
  "metal-view",
  "metal-test-admin",
  "metal-test-view",
  "test",
  "4Rahs0WnJ4rJE8ZiwiLec62z",
  "Must-Be-Changed",
  " change-me",
  "metal-admin\n",
];

describe("W8: a key", () => {
  test.each(published)("%j is publicly known", (key) => {
    expect(problems(user("a", "A", key))).toEqual([
      "key 0.0: is a publicly known key; use a key of its own, for example from `openssl rand -base64 32`",
    ]);
  });

  test.each([
    ["no byte", "", "key 0.0: is empty"],
    ["31 bytes", "a".repeat(31), "key 0.0: has 31 bytes, fewer than 32"],
    ["30 bytes in 15 letters", "é".repeat(15), "key 0.0: has 30 bytes, fewer than 32"],
  ])("of %s is refused", (_, key, reason) => {
    expect(reasons(user("a", "A", key))).toEqual([reason]);
  });

  test.each([
    ["32 bytes", keyA],
    ["32 bytes in 16 letters", "é".repeat(16)],
    ["80 bytes", "0123456789abcdef".repeat(5)],
  ])("of %s is enough", (_, key) => {
    expect(problems(user("a", "A", key))).toEqual([]);
  });

  test("may not be shared, by two users or within one", () => {
    const users = [user("a", "A", keyA, keyB), user("b", "B", keyB), user("c", "C", keyA)];
    expect(reasons(...users)).toEqual([
      "key 1.0: is the same key as key 0.1",
      "key 2.0: is the same key as key 0.0",
    ]);
    expect(reasons(user("a", "A", keyA, keyA))).toEqual(["key 0.1: is the same key as key 0.0"]);
  });

  test("is never part of what is said", () => {
    const key = "sEcReT";
    expect(problems(user("a", "A", key, key)).join()).not.toContain(key);
  });
});

describe("a type", () => {
  test("is compared case-sensitively", () => {
    expect(problems(user("a", "Metal-Admin", keyA), user("b", "metal-admin", keyB))).toEqual([]);
  });

  test.each([
    ["itself", "Metal-View", "Metal-View"],
    ["its alias", "Metal-View", "Metal-Viewer"],
    ["what it is an alias of", "Metal-Viewer", "Metal-View"],
  ])("is distinct from %s", (_, first, second) => {
    expect(reasons(user("a", first, keyA), user("b", second, keyB))).toEqual([
      "user 1: has the same type as user 0",
    ]);
  });

  test.each(["Metal-Viewer", "tmdm", "a.b_c!#$%&'*+^`|~"])("may be %s", (type) => {
    expect(problems(user("a", type, keyA))).toEqual([]);
  });

  test.each(["", "a b", "a/b", "a:b", "a,b", "é", "a\n"])("may not be %j", (type) => {
    expect(reasons(user("a", type, keyA))).toEqual([
      `user 0: has the type ${JSON.stringify(type)}`,
    ]);
  });

  test.each(["Bearer", "bearer", "BEARER"])("may not be %s, which is OIDC's", (type) => {
    expect(problems(user("a", type, keyA))).toEqual([
      'user 0: has the type "Bearer"; leave that to OIDC tokens',
    ]);
  });
});

test("a name is unique, because it is the caller's id", () => {
  expect(reasons(user("a", "A", keyA), user("a", "B", keyB))).toEqual([
    "user 1: has the same name as user 0",
  ]);
});
