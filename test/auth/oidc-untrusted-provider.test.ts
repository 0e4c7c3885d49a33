// Issuers that are broken or hostile, floods of tokens, and faults of our own: nothing is fetched from anywhere else,
// what is fetched is bounded, and in doubt a token is undecided.
import type { ServerResponse } from "node:http";
import { describe, expect, test } from "@jest/globals";
import { createOidcAuthenticator } from "../../src/auth/oidc.ts";
import { bearing, outcome } from "./bearer.ts";
import { type Answer, ecKey, FakeIssuer, json } from "./forge.ts";
import { audience, ec, Forgery } from "./forged-token.ts";

const discovery = "/.well-known/openid-configuration";
const unreachable = "undecidable: provider_unreachable";

/** What becomes of a good token when its issuer answers `path` so. */
async function whenAnswered(path: string, answer: (issuer: string) => Answer): Promise<string> {
  await using fake = await FakeIssuer.start([ec.jwk]);
  fake.answers.set(path, answer(fake.url));
  const door = createOidcAuthenticator([{ issuer: fake.url, audience }]);
  const result = await outcome(door, bearing(new Forgery(fake.url).token()));
  door.stop();
  return result;
}

describe("an issuer that misbehaves", () => {
  test("is otherwise honest in these tests", async () => {
    expect(await whenAnswered("/unused", () => json({}))).toBe("accepted");
  });

  test.each([discovery, "/jwks"])("A28: a redirect of %s is not followed", async (path) => {
    await using trap = await FakeIssuer.start([ec.jwk]);
    const redirect = () => (response: ServerResponse) => {
      response.writeHead(302, { location: `${trap.url}/jwks` }).end();
    };
    expect(await whenAnswered(path, redirect)).toBe(unreachable);
    expect(trap.requests).toEqual([]);
  });

  test("A28: an endless key set is cut off after a mebibyte", async () => {
    let sentBytes = 0;
    const endless = () => (response: ServerResponse) => {
      const chunk = Buffer.alloc(65_536, " ");
      const more = () => {
        while (!response.destroyed && response.write(chunk)) sentBytes += chunk.length;
      };
      response.on("drain", more).on("error", () => {});
      more();
    };
    expect(await whenAnswered("/jwks", endless)).toBe(unreachable);
    expect(sentBytes).toBeLessThan(16 * 2 ** 20);
  });

  const tooMany = Array.from({ length: 65 }, (_, index) => ({ ...ec.jwk, kid: `${index}` }));
  test.each([
    ["a key set with 65 keys", "/jwks", json({ keys: tooMany })],
    ["a key set that is a list", "/jwks", json([ec.jwk])],
    ["a key set without keys", "/jwks", json({})],
    ["a key set that repeats a member", "/jwks", json(`{"keys":[],"keys":[]}`)],
    ["no JSON", "/jwks", json("<html>")],
    ["discovery without keys", discovery, json({})],
  ])("with %s leaves its tokens undecided", async (_, path, answer) => {
    expect(await whenAnswered(path, () => answer)).toBe(unreachable);
  });

  test("A6: two keys under one kid are no keys", async () => {
    const other = ecKey("ec");
    const keys = () => json({ keys: [ec.jwk, other.jwk] });
    expect(await whenAnswered("/jwks", keys)).toBe("refused: key_unknown");
  });

  test("a published private key is no key", async () => {
    const keys = () => json({ keys: [{ ...ec.jwk, d: "AA" }] });
    expect(await whenAnswered("/jwks", keys)).toBe("refused: key_unknown");
  });

  test("a point that is not on its curve is no key", async () => {
    const keys = () => json({ keys: [{ ...ec.jwk, x: ec.jwk.y, y: ec.jwk.x }] });
    expect(await whenAnswered("/jwks", keys)).toBe("refused: key_unknown");
  });
});

describe("a flood", () => {
  test("A28: of unknown kids asks the issuer once in the cooldown", async () => {
    await using fake = await FakeIssuer.start([ec.jwk]);
    const forgery = new Forgery(fake.url);
    const own = createOidcAuthenticator([{ issuer: fake.url, audience }]);
    await own.authenticate(bearing(forgery.token()));
    const flood = Array.from({ length: 200 }, (_, index) =>
      outcome(own, bearing(forgery.token({}, { kid: `unknown-${index}` }))),
    );
    expect(new Set(await Promise.all(flood))).toEqual(new Set(["refused: key_unknown"]));
    expect(fake.requests.filter((path) => path === "/jwks")).toHaveLength(2);
    own.stop();
  });
});

describe("a fault of our own", () => {
  test("is never an acceptance and never shows as anything but undecidable", async () => {
    const broken = createOidcAuthenticator([{ issuer: "https://login.example", audience }], {
      now: () => {
        throw new RangeError("no clock");
      },
    });
    expect(await outcome(broken, bearing(new Forgery("https://login.example").token()))).toBe(
      "undecidable: fault",
    );
    broken.stop();
  });
});
