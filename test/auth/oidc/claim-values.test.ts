// How strings are read from a place in a token.
import { expect, test } from "@jest/globals";
import { type ClaimShape, claimText, claimValues } from "../../../src/auth/oidc/claim-values.ts";
import type { Json, JsonObject } from "../../../src/auth/oidc/json.ts";

const readings: readonly (readonly [ClaimShape, Json, readonly string[] | undefined])[] = [
  ["strings", ["a", "b"], ["a", "b"]],
  ["strings", [], []],
  ["strings", "a", undefined],
  ["strings", ["a", 1], undefined],
  ["strings", { a: true }, undefined],
  ["strings", null, undefined],
  ["space-separated", "a b", ["a", "b"]],
  ["space-separated", "a", ["a"]],
  ["space-separated", "", []],
  ["space-separated", " a  b ", ["a", "b"]],
  ["space-separated", "a\tb", ["a\tb"]],
  ["space-separated", ["a"], undefined],
  ["object-keys", { a: { x: 1 }, b: null }, ["a", "b"]],
  ["object-keys", {}, []],
  ["object-keys", ["a"], undefined],
  ["object-keys", "a", undefined],
];

test.each(readings)("%s: %j means %j", (shape, value, meaning) => {
  expect(claimValues({ roles: value }, ["roles"], shape)).toEqual(meaning);
});

const payload: JsonObject = JSON.parse(`{
  "https://x/roles": ["url"],
  "realm_access": { "roles": ["realm"] },
  "resource_access": { "my.client": { "roles": ["client"] } },
  "a": { "b": "text" },
  "list": [["inner"]],
  "__proto__": { "roles": ["own"] }
}`);

test.each([
  [["https://x/roles"], ["url"]],
  [["realm_access", "roles"], ["realm"]],
  [["resource_access", "my.client", "roles"], ["client"]],
  [["resource_access.my.client.roles"], []],
  [["realm_access", "toString"], []],
  [["a", "b", "c"], []],
  [["list", "0"], []],
  [["nothing"], []],
  [["__proto__", "roles"], []],
  [["constructor", "name"], []],
])("the place %j holds %j", (path, values) => {
  expect(claimValues(payload, path, "strings")).toEqual(values);
});

test("256 strings are read and 257 are not", () => {
  const many = (length: number) => ({ roles: Array.from({ length }, () => "x") });
  expect(claimValues(many(256), ["roles"], "strings")).toHaveLength(256);
  expect(claimValues(many(257), ["roles"], "strings")).toBeUndefined();
});

test("a text is a text and nothing else", () => {
  expect(claimText(payload, ["a", "b"])).toBe("text");
  expect(claimText(payload, ["list"])).toBeUndefined();
});
