// The headers of metal-stack's HMAC scheme, and bearer tokens.
import { expect, test } from "@jest/globals";
import { credentialHeaders, freshSalt } from "../../src/cli/sign.ts";

/** Known answers of the reference implementation. */
const vectors = [
  [
    "Metal-View",
    "metal-view",
    "POST",
    "ABCDEFGHIJKLMNOPQRSTUVWX",
    "61a312a273ce431a62387d3d8967f58feb9c35c8eaf953628d8f503ed01d3b72",
  ],
  [
    "Metal-Edit",
    "metal-edit",
    "POST",
    "abcdefghijklmnopqrstuvwx",
    "3f550f03b97ae073164a2c9c797172f62d162cc16d775a79aebe5f8033872b57",
  ],
  [
    "Metal-Admin",
    "metal-admin",
    "POST",
    "aAbBcCdDeEfFgGhHiIjJkKlL",
    "be39d3ee1f4d1970579129bed16205bcf484b5f53b59979b55d29030412219fe",
  ],
  [
    "Metal-Admin",
    "metal-admin",
    "GET",
    "aAbBcCdDeEfFgGhHiIjJkKlL",
    "03f338ce8c2035b484e28344cb447b883657e72e0019c56eeb98fb87fdef0b23",
  ],
  [
    "Metal-View",
    "schlüssel-é🔑",
    "POST",
    "ABCDEFGHIJKLMNOPQRSTUVWX",
    "e5652939a4b0b2abc40c577f89edbc91867797d80f75a6c873b905d5310d504c",
  ],
] as const;

test.each(vectors)("%s with key %s signs %s %s", (type, key, method, salt, mac) => {
  const now = new Date("2026-01-15T10:00:00.987Z");
  expect(credentialHeaders({ kind: "hmac", type, key }, { now, method, salt })).toEqual({
    authorization: `${type} ${mac}`,
    "x-date": "2026-01-15T10:00:00Z",
    "x-data-salt": salt,
  });
});

test("a salt is 24 letters and never the same", () => {
  const salts = Array.from({ length: 200 }, freshSalt);
  for (const salt of salts) expect(salt).toMatch(/^[A-Za-z]{24}$/);
  expect(new Set(salts).size).toBe(salts.length);
});

test("a token is sent as it is", () => {
  const occasion = { now: new Date(), method: "POST", salt: freshSalt() };
  expect(credentialHeaders({ kind: "token", token: "a.b.c" }, occasion)).toEqual({
    authorization: "Bearer a.b.c",
  });
});
