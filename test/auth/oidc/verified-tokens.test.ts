// How long an accepted token is remembered.
import { expect, test } from "@jest/globals";
import { VerifiedTokens } from "../../../src/auth/oidc/verified-tokens.ts";
import type { Principal } from "../../../src/rbac/principal.ts";
import { Role } from "../../../src/rbac/role.ts";

const beganMs = 1_000_000_000;

function principal(overrides: Partial<Principal> = {}): Principal {
  const credential = { kind: "oidc", label: "token" };
  const expiresAt = new Date(beganMs + 3_600_000);
  return { id: "oidc:x#1", name: "x", role: Role.VIEWER, credential, expiresAt, ...overrides };
}

/** A memory in which the token "t" was accepted when the test began. */
function remembering(accepted: Principal): VerifiedTokens {
  const tokens = new VerifiedTokens();
  tokens.add("t", accepted, beganMs);
  return tokens;
}

test("a token is remembered for a minute, by its exact text", () => {
  const accepted = principal();
  const tokens = remembering(accepted);
  expect(tokens.get("t", beganMs)).toBe(accepted);
  expect(tokens.get("t", beganMs + 59_999)).toBe(accepted);
  expect(tokens.get("t", beganMs + 60_000)).toBeUndefined();
  expect(tokens.get("t ", beganMs)).toBeUndefined();
});

test("a token is not remembered beyond its end", () => {
  const tokens = remembering(principal({ expiresAt: new Date(beganMs + 5000) }));
  expect(tokens.get("t", beganMs + 4999)).toBeDefined();
  expect(tokens.get("t", beganMs + 5000)).toBeUndefined();
});

test("a token without an end is not remembered", () => {
  expect(remembering(principal({ expiresAt: undefined })).get("t", beganMs)).toBeUndefined();
});

test("a clock that is set back does not prolong the memory", () => {
  expect(remembering(principal()).get("t", beganMs - 1)).toBeUndefined();
});

test("a token whose key is gone is forgotten at once", () => {
  const key = new AbortController();
  const tokens = remembering(principal({ revoked: key.signal }));
  expect(tokens.get("t", beganMs)).toBeDefined();
  key.abort();
  expect(tokens.get("t", beganMs)).toBeUndefined();
});

test("all can be forgotten", () => {
  const tokens = remembering(principal());
  tokens.clear();
  expect(tokens.get("t", beganMs)).toBeUndefined();
});

test("ten thousand tokens are remembered, and then the oldest is forgotten", () => {
  const tokens = remembering(principal());
  for (let index = 1; index < 10_000; index += 1) tokens.add(`${index}`, principal(), beganMs);
  expect(tokens.get("t", beganMs)).toBeDefined();
  tokens.add("one more", principal(), beganMs);
  expect(tokens.get("t", beganMs)).toBeUndefined();
  expect(tokens.get("1", beganMs)).toBeDefined();
});
