// What a door accepts within the limits of time and of its settings, from an issuer that is honest.
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { createOidcAuthenticator } from "../../src/auth/oidc.ts";
import { clockSkewSeconds } from "../../src/auth/oidc/claims.ts";
import { bearing, outcome } from "./bearer.ts";
import { FakeIssuer } from "./forge.ts";
import { audience, ec, Forgery, nowSeconds, rsa } from "./forged-token.ts";

let issuer: FakeIssuer;
let forgery: Forgery;

beforeAll(async () => {
  issuer = await FakeIssuer.start([ec.jwk, rsa.jwk]);
  forgery = new Forgery(issuer.url);
});

afterAll(() => issuer[Symbol.asyncDispose]());

describe("time", () => {
  test.each([
    ["expired 29 seconds ago", { exp: nowSeconds - 29 }],
    ["issued 20 seconds ahead", { iat: nowSeconds + 20 }],
    ["valid from 20 seconds ahead", { nbf: nowSeconds + 20 }],
    ["with fractions", { exp: nowSeconds + 299.5, iat: nowSeconds - 0.5 }],
  ])("a token %s is accepted, because clocks differ", async (_, changes) => {
    const frozen = createOidcAuthenticator([{ issuer: forgery.issuer, audience }], {
      now: () => nowSeconds * 1000,
    });
    expect(await outcome(frozen, bearing(forgery.token(changes)))).toBe("accepted");
    frozen.stop();
  });

  test("a token that has just expired is good for streams as long as for calls", async () => {
    const door = createOidcAuthenticator([{ issuer: forgery.issuer, audience }]);
    const exp = Math.floor(Date.now() / 1000) - 10;
    const { expiresAt } = await door.authenticate(bearing(forgery.token({ exp })));
    expect(expiresAt).toEqual(new Date((exp + clockSkewSeconds) * 1000));
    door.stop();
  });

  test("A27: a token that expires while it is remembered is refused", async () => {
    let nowMs = nowSeconds * 1000;
    const moving = createOidcAuthenticator([{ issuer: forgery.issuer, audience }], {
      now: () => nowMs,
    });
    const text = forgery.token({ exp: nowSeconds + 5 });
    const outcomes = [];
    for (const seconds of [0, 4, 34, 35]) {
      nowMs = (nowSeconds + seconds) * 1000;
      outcomes.push(await outcome(moving, bearing(text)));
    }
    expect(outcomes).toEqual(["accepted", "accepted", "accepted", "refused: token_expired"]);
    moving.stop();
  });
});

describe("settings narrow what is accepted", () => {
  const narrowed = async (settings: object, text: string) => {
    const narrow = createOidcAuthenticator([{ issuer: forgery.issuer, audience, ...settings }]);
    const result = await outcome(narrow, bearing(text));
    narrow.stop();
    return result;
  };

  test("A13: azp must be an allowed client where clients are listed", async () => {
    const authorizedParties = ["metal-cli"];
    const many = forgery.manyAudiences("metal-cli");
    expect(await narrowed({ authorizedParties }, many)).toBe("accepted");
    expect(await narrowed({ authorizedParties }, forgery.token({ azp: "metal-cli" }))).toBe(
      "accepted",
    );
    expect(await narrowed({ authorizedParties }, forgery.token({ azp: "evil" }))).toBe(
      "refused: authorized_party_wrong",
    );
    expect(await narrowed({}, many)).toBe("refused: authorized_party_wrong");
  });

  test("an algorithm that the issuer does not list is refused", async () => {
    const algorithms = ["RS256"];
    expect(await narrowed({ algorithms }, forgery.token())).toBe("refused: algorithm_refused");
    expect(await narrowed({ algorithms }, forgery.token({}, {}, rsa))).toBe("accepted");
  });

  test("A12: a token may live for as long as its issuer is allowed", async () => {
    const text = forgery.token({ iat: nowSeconds, exp: nowSeconds + 601 });
    expect(await narrowed({ maximumLifetimeSeconds: 600 }, text)).toBe(
      "refused: token_lives_too_long",
    );
    expect(await narrowed({ maximumLifetimeSeconds: 601 }, text)).toBe("accepted");
  });

  test("A11: no issuer is allowed a token that ends in more than ten years", async () => {
    const text = forgery.token({ exp: nowSeconds + 11 * 365 * 24 * 3600 });
    expect(await narrowed({ maximumLifetimeSeconds: 1e10 }, text)).toBe("refused: time_malformed");
  });
});
