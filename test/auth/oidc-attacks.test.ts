// Runs the table of attacks against a door that trusts two issuers, and what belongs to it: the header around a token,
// and the names that people read.
import { createPublicKey } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { createOidcAuthenticator, type OidcAuthenticator } from "../../src/auth/oidc.ts";
import { Role } from "../../src/rbac/role.ts";
import { bearing, outcome, requestWith } from "./bearer.ts";
import { FakeIssuer } from "./forge.ts";
import {
  admin,
  attackerEc,
  audience,
  ec,
  ed,
  foreignKeys,
  Forgery,
  publishedKeys,
  rsa,
  withPayload,
} from "./forged-token.ts";
import { attacks, roleAttacks } from "./oidc-attack-table.ts";

let issuer: FakeIssuer;
let foreign: FakeIssuer;
let attacker: FakeIssuer;
let forgery: Forgery;
let door: OidcAuthenticator;

beforeAll(async () => {
  issuer = await FakeIssuer.start(publishedKeys);
  foreign = await FakeIssuer.start(foreignKeys);
  attacker = await FakeIssuer.start([attackerEc.jwk]);
  forgery = new Forgery(issuer.url, foreign.url, attacker.url);
  door = createOidcAuthenticator([issuer, foreign].map(({ url }) => ({ issuer: url, audience })));
});

afterAll(async () => {
  door.stop();
  await Promise.all([issuer, foreign, attacker].map((each) => each[Symbol.asyncDispose]()));
});

const ask = (text: string) => outcome(door, bearing(text));

describe("the yardstick", () => {
  test.each([
    ["ES256", ec],
    ["RS256", rsa],
    ["EdDSA", ed],
  ] as const)("a token of the same making with nothing wrong is accepted (%s)", async (_, key) => {
    expect(await ask(forgery.token({}, {}, key))).toBe("accepted");
  });

  test.each(["JWT", "jwt", "at+jwt", "application/at+jwt", undefined])(
    "typ %s is accepted",
    async (typ) => {
      expect(await ask(forgery.token({}, { typ }))).toBe("accepted");
    },
  );

  test("the attacker's keys are good keys", () => {
    expect(createPublicKey({ key: attackerEc.jwk, format: "jwk" }).type).toBe("public");
  });
});

describe("a token is refused", () => {
  test.each(attacks)("%s: %s", async (_, __, make, reason) => {
    expect(await ask(make(forgery))).toBe(`refused: ${reason}`);
  });

  test("A5, A30: and nobody but the two issuers was asked for anything", () => {
    expect(attacker.requests).toEqual([]);
    const paths = new Set([...issuer.requests, ...foreign.requests]);
    expect(paths).toEqual(new Set(["/.well-known/openid-configuration", "/jwks"]));
  });

  test("A20: and no prototype was changed", () => {
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect("roles" in {}).toBe(false);
  });
});

describe("a header is refused", () => {
  test.each([
    ["no credential", {}, "bad_authorization"],
    ["no token", { authorization: "Bearer" }, "bad_authorization"],
    ["an empty token", { authorization: "Bearer " }, "bad_authorization"],
    ["two tokens", { authorization: "Bearer a b" }, "bad_authorization"],
    ["two spaces", { authorization: "Bearer  a.b.c" }, "bad_authorization"],
    ["a tab", { authorization: "Bearer\ta.b.c" }, "bad_authorization"],
    ["two headers joined", { authorization: "Bearer a.b.c, Bearer a.b.c" }, "bad_authorization"],
    ["a cookie", { cookie: "access_token=a.b.c" }, "bad_authorization"],
    ["not a token", { authorization: "Bearer abc" }, "token_malformed"],
  ])("with %s", async (_, headers, reason) => {
    expect(await outcome(door, requestWith(headers))).toBe(`refused: ${reason}`);
  });

  test("that arrived more than once, even with a good token", async () => {
    const repeatedHeaders = new Set(["authorization"]);
    const request = bearing(forgery.token(), { repeatedHeaders });
    expect(await outcome(door, request)).toBe("refused: repeated_header");
  });

  test.each([
    ["Bearer", true],
    ["bearer", true],
    ["BEARER", true],
    ["Bearerx", false],
    ["DPoP", false],
    ["Metal-Admin", false],
    ["", false],
  ])("scheme %j belongs to this door: %s", (scheme, ours) => {
    expect(door.claims(scheme)).toBe(ours);
  });
});

describe("a caller holds no role", () => {
  test.each(roleAttacks)("%s: %s", async (_, __, changes) => {
    const principal = await door.authenticate(bearing(forgery.token(changes)));
    expect(principal.role).toBe(Role.AUTHENTICATED);
  });

  test("A20: with roles under its own __proto__", async () => {
    const text = forgery.payloadWith(`,"__proto__":{"roles":["${admin}"],"role":5}`);
    const hidden = withPayload(text.replace(`"roles":["${admin}"],"iat"`, `"iat"`));
    const principal = await door.authenticate(bearing(hidden));
    expect(principal.role).toBe(Role.AUTHENTICATED);
    expect(Object.getPrototypeOf(principal)).toBe(Object.prototype);
  });
});

describe("people are not misled", () => {
  test("A22: names show what they would hide", async () => {
    const principal = await door.authenticate(
      bearing(forgery.token({ preferred_username: "ada\u202enimda\u0000", email: "a\u200b@b" })),
    );
    expect(principal.name).toBe("ada\\u{202e}nimda\\u{0}");
    expect(principal.email).toBe("a\\u{200b}@b");
  });

  test("A22: and so do groups", async () => {
    const { groups } = await door.authenticate(bearing(forgery.token({ roles: ["a\u202eb"] })));
    expect(groups).toEqual(["a\\u{202e}b"]);
  });

  test("A22: names are short", async () => {
    const { name } = await door.authenticate(bearing(forgery.token({ name: "n".repeat(500) })));
    expect(name).toBe(`${"n".repeat(127)}…`);
  });

  test.each(["Metal-Admin", "metal-view@metal-stack.io"])(
    "A29: a user who is called %s is another principal, and looks it",
    async (name) => {
      const principal = await door.authenticate(
        bearing(forgery.token({ preferred_username: name })),
      );
      expect(principal).toMatchObject({
        id: `oidc:${forgery.issuer}#4711`,
        name: `${name} (oidc)`,
        credential: { kind: "oidc" },
      });
    },
  );
});
