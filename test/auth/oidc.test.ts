// Bearer tokens of a real OpenID provider: who the caller is, and what happens while the provider rotates its keys,
// is slow or is away.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { afterEach, describe, expect, test } from "@jest/globals";
import { createOidcAuthenticator, type OidcAuthenticator } from "../../src/auth/oidc.ts";
import { clockSkewSeconds } from "../../src/auth/oidc/claims.ts";
import type { IssuerSettings } from "../../src/auth/oidc/issuer.ts";
import { Role } from "../../src/rbac/role.ts";
import { until } from "../world/until.ts";
import { bearing, outcome } from "./bearer.ts";
import { type IdentityProvider, startIdentityProvider } from "./identity-provider.ts";

/** A clock that only the test moves on. */
class Clock {
  #nowMs = Date.now();
  readonly now = () => this.#nowMs;
  advance(seconds: number): void {
    this.#nowMs += seconds * 1000;
  }
}

const doors: OidcAuthenticator[] = [];
afterEach(() => {
  for (const door of doors.splice(0)) door.stop();
});

function doorFor(
  provider: Pick<IdentityProvider, "issuer" | "audience">,
  { now, ...settings }: Partial<IssuerSettings> & { now?: () => number } = {},
): OidcAuthenticator {
  const { issuer, audience } = provider;
  const door = createOidcAuthenticator([{ issuer, audience, ...settings }], { now });
  doors.push(door);
  return door;
}

const admin = { subject: "4711", groups: ["maas-all-all-admin"] };

describe("the caller", () => {
  test("a person's token says who they are and which role they hold", async () => {
    await using provider = await startIdentityProvider();
    const token = await provider.userToken({
      subject: "4711",
      groups: ["maas-all-all-view", "maas-all-all-edit", "cafeteria"],
      preferred_username: "ada",
      email: "ada@example.org",
    });
    const principal = await doorFor(provider).authenticate(bearing(token));
    expect(principal).toMatchObject({
      id: `oidc:${provider.issuer}#4711`,
      name: "ada",
      role: Role.EDITOR,
      email: "ada@example.org",
      issuer: provider.issuer,
      subject: "4711",
      groups: ["maas-all-all-view", "maas-all-all-edit", "cafeteria"],
      credential: { kind: "oidc", label: `token of ${provider.issuer}` },
    });
    expect(principal.component).toBeUndefined();
    expect(principal.credential.keyId).toMatch(/^[0-9a-f-]{36}$/);
  });

  test("the principal ends when its token is refused, and cannot be changed", async () => {
    await using provider = await startIdentityProvider();
    const token = await provider.userToken(admin);
    const { exp } = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
    const principal = await doorFor(provider).authenticate(bearing(token));
    expect(principal.expiresAt).toEqual(new Date((exp + clockSkewSeconds) * 1000));
    for (const part of [principal, principal.credential, principal.groups])
      expect(Object.isFrozen(part)).toBe(true);
  });

  test("a client's token works like a person's", async () => {
    await using provider = await startIdentityProvider();
    const token = await provider.clientToken(["maas-all-all-admin"]);
    const principal = await doorFor(provider).authenticate(bearing(token));
    expect(principal).toMatchObject({ subject: "robot", name: "robot", role: Role.ADMIN });
  });

  test("a caller without a mapped group is known, but holds no role", async () => {
    await using provider = await startIdentityProvider();
    const token = await provider.userToken({ subject: "guest", groups: ["maas-all-all-guest"] });
    const principal = await doorFor(provider).authenticate(bearing(token));
    expect(principal.role).toBe(Role.AUTHENTICATED);
  });

  test("roles win over groups, and groups count where there are no roles", async () => {
    await using provider = await startIdentityProvider();
    const door = doorFor(provider);
    const groups = ["maas-all-all-admin"];
    const roleFor = async (roles: readonly string[] | undefined) => {
      const token = await provider.userToken({ subject: "1", groups, roles });
      return (await door.authenticate(bearing(token))).role;
    };
    expect(await roleFor(["maas-all-all-view"])).toBe(Role.VIEWER);
    expect(await roleFor([])).toBe(Role.ADMIN);
    expect(await roleFor(undefined)).toBe(Role.ADMIN);
  });

  test("a configured place of roles is the only one that counts", async () => {
    await using provider = await startIdentityProvider();
    const door = doorFor(provider, { roleClaim: ["resource_access", "my.client", "roles"] });
    const nested = { "my.client": { roles: ["maas-all-all-edit"] } };
    const token = await provider.userToken({ ...admin, resource_access: nested });
    expect((await door.authenticate(bearing(token))).role).toBe(Role.EDITOR);
  });

  test("a subject that is named a component is one, and nobody else is", async () => {
    await using provider = await startIdentityProvider();
    const components = { names: new Map([["robot", "metal-core"]]) };
    const door = doorFor(provider, { components });
    const robot = await door.authenticate(bearing(await provider.clientToken([])));
    const person = await door.authenticate(bearing(await provider.userToken(admin)));
    expect([robot.component, person.component]).toEqual(["metal-core", undefined]);
  });

  test("a caller whom two values mark as two components is none", async () => {
    await using provider = await startIdentityProvider();
    const names = new Map(["core", "bmc", "hammer"].map((each) => [each, `metal-${each}`]));
    const door = doorFor(provider, { components: { claim: ["groups"], names } });
    const componentFor = async (groups: readonly string[]) =>
      (await door.authenticate(bearing(await provider.clientToken(groups)))).component;
    expect(await componentFor(["x", "core", "core"])).toBe("metal-core");
    expect(await componentFor(["core", "bmc"])).toBeUndefined();
  });

  test("every issuer speaks for its own callers", async () => {
    await using one = await startIdentityProvider();
    await using other = await startIdentityProvider();
    const door = createOidcAuthenticator([one, other]);
    doors.push(door);
    const ids = [];
    for (const provider of [one, other])
      ids.push((await door.authenticate(bearing(await provider.userToken(admin)))).id);
    expect(ids).toEqual([`oidc:${one.issuer}#4711`, `oidc:${other.issuer}#4711`]);
  });
});

describe("keys", () => {
  test("concurrent first tokens ask the provider once", async () => {
    await using provider = await startIdentityProvider();
    const door = doorFor(provider);
    const tokens = await Promise.all(
      Array.from({ length: 20 }, (_, index) => provider.userToken({ subject: `user-${index}` })),
    );
    await Promise.all(tokens.map(async (token) => door.authenticate(bearing(token))));
    expect(provider.requests).toEqual(["/.well-known/openid-configuration", "/jwks"]);
  });

  test("a rotated key is found by the first token that it signs, and old tokens stay good", async () => {
    await using provider = await startIdentityProvider();
    const door = doorFor(provider);
    const before = await provider.userToken(admin);
    await door.authenticate(bearing(before));
    await provider.rotateKey();
    expect(await outcome(door, bearing(await provider.userToken(admin)))).toBe("accepted");
    expect(await outcome(door, bearing(before))).toBe("accepted");
  });

  test("a second rotation is found after the cooldown of 30 seconds", async () => {
    await using provider = await startIdentityProvider();
    const clock = new Clock();
    const door = doorFor(provider, { now: clock.now });
    await door.authenticate(bearing(await provider.userToken(admin)));
    await provider.rotateKey();
    await door.authenticate(bearing(await provider.userToken(admin)));
    await provider.rotateKey();
    const token = await provider.userToken(admin);
    expect(await outcome(door, bearing(token))).toBe("refused: key_unknown");
    clock.advance(30);
    expect(await outcome(door, bearing(token))).toBe("accepted");
  });

  test("a key that the provider removed is refused after the next refresh, and streams end", async () => {
    await using provider = await startIdentityProvider();
    const clock = new Clock();
    const door = doorFor(provider, { now: clock.now });
    const token = await provider.userToken(admin);
    const { revoked } = await door.authenticate(bearing(token));
    await provider.rotateKey();
    provider.retireOldKeys();
    expect(revoked?.aborted).toBe(false);
    clock.advance(240);
    expect(await outcome(door, bearing(token))).toBe("accepted");
    clock.advance(60);
    const ask = () => outcome(door, bearing(token));
    await until(async () => (await ask()) === "refused: key_unknown");
    expect(revoked?.aborted).toBe(true);
  });

  test("dropped keys end everything that hangs on them until the provider confirms them", async () => {
    await using provider = await startIdentityProvider();
    const door = doorFor(provider);
    const token = await provider.userToken(admin);
    const { revoked } = await door.authenticate(bearing(token));
    await provider.rotateKey();
    provider.retireOldKeys();
    door.dropKeys();
    expect(revoked?.aborted).toBe(true);
    expect(await outcome(door, bearing(token))).toBe("refused: key_unknown");
  });
});

describe("a provider in trouble", () => {
  test("down at start, its callers are undecidable, and it is used once it is up", async () => {
    await using provider = await startIdentityProvider();
    const token = await provider.userToken(admin);
    await provider.stop();
    const door = doorFor(provider);
    door.start();
    const ask = () => outcome(door, bearing(token));
    expect(await ask()).toBe("undecidable: provider_unreachable");
    expect(door.status()).toMatchObject([{ keys: 0, failures: 1, ageSeconds: undefined }]);
    await provider.restart();
    await until(async () => (await ask()) === "accepted");
    expect(door.status()).toMatchObject([{ keys: 1, failures: 0 }]);
  });

  test("down later, known keys still work and unknown ones are undecidable", async () => {
    await using provider = await startIdentityProvider();
    const clock = new Clock();
    const door = doorFor(provider, { now: clock.now });
    const known = await provider.userToken(admin);
    await door.authenticate(bearing(known));
    await provider.stop();
    await provider.rotateKey();
    const unknown = await provider.userToken(admin);
    expect(await outcome(door, bearing(unknown))).toBe("undecidable: provider_unreachable");
    clock.advance(250);
    expect(await outcome(door, bearing(known))).toBe("accepted");
    await provider.restart();
    const ask = () => {
      clock.advance(1);
      return outcome(door, bearing(unknown));
    };
    await until(async () => (await ask()) === "accepted");
  });

  test("that never answers keeps nobody with a known key waiting", async () => {
    await using provider = await startIdentityProvider();
    const door = doorFor(provider);
    const [first, second] = [await provider.userToken(admin), await provider.userToken(admin)];
    await door.authenticate(bearing(first));
    await provider.rotateKey();
    provider.silent = true;
    const call = new AbortController();
    const unknown = bearing(await provider.userToken(admin), { signal: call.signal });
    const waiting = outcome(door, unknown);
    expect(await outcome(door, bearing(second))).toBe("accepted");
    call.abort();
    expect(await waiting).toBe("undecidable: call_ended");
  });
});

test("a started door keeps no process alive", async () => {
  const door = JSON.stringify(new URL("../../src/auth/oidc.ts", import.meta.url).href);
  const program = `
    import { createOidcAuthenticator } from ${door};
    createOidcAuthenticator([{ issuer: "http://127.0.0.1:1", audience: "metal" }]).start();
  `;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program]);
  expect(await once(child, "exit")).toEqual([0, null]);
});
