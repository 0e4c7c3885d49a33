// What the signature leaves open, point by point, and that it is closed here. The numbers are those of the threat
// model: W6, W8 and W17 are settings and are tested with them.
import { describe, expect, test } from "@jest/globals";
import type { CredentialRequest, MessageCheck } from "../../src/auth/authenticator.ts";
import { createHmacAuthenticator, type HmacUser } from "../../src/auth/hmac.ts";
import { createUsedSalts } from "../../src/auth/used-salts.ts";
import { Role } from "../../src/rbac/role.ts";
import type { MethodKind } from "../../src/rbac/rule.ts";
import { hmacHeaders, requestWith } from "./signed.ts";

const start = Date.parse("2026-01-15T10:00:00Z");
const date = "2026-01-15T10:00:00Z";

const user = (name: string, windowSeconds: number, ...secrets: string[]): HmacUser => ({
  name,
  type: name,
  keys: secrets.map((secret, index) => ({ id: `${index + 1}`, secret })),
  role: Role.ADMIN,
  windowSeconds,
});
const users = [user("Metal-Admin", 90, "a"), user("Metal-Edit", 30, "e"), user("Short", 10, "s")];

function serverWithClock() {
  const clock = { seconds: 0 };
  const server = createHmacAuthenticator(users, { now: () => start + clock.seconds * 1000 });
  return { server, clock };
}

const signed = (type = "Metal-Admin", key = "a") => hmacHeaders({ type, key, date });
const read = { read: true, procedure: "/metal.v1.IPService/List" } as const;

/** A unary read, with a place for the check of its message. */
function readWith(headers: Headers, changes: Partial<CredentialRequest> = {}) {
  const checks: MessageCheck[] = [];
  const onMessage = (check: MessageCheck) => void checks.push(check);
  return { request: requestWith(headers, { ...read, onMessage, ...changes }), checks };
}

const replayed = { name: "CredentialError", detail: "replayed" };

describe("W1: a signature means one procedure", () => {
  test("another procedure is refused, with side effects or without", async () => {
    const { server } = serverWithClock();
    const headers = signed();
    await server.authenticate(readWith(headers).request);
    const other = { procedure: "/metal.v1.IPService/Get" };
    await expect(server.authenticate(requestWith(headers))).rejects.toMatchObject(replayed);
    const answer = server.authenticate(readWith(headers, other).request);
    await expect(answer).rejects.toMatchObject(replayed);
  });
});

describe("W2: a signature means one message", () => {
  test("a read that is sent again must carry the same message", async () => {
    const { server } = serverWithClock();
    const headers = signed();
    const [first, second] = [readWith(headers), readWith(headers)];
    await server.authenticate(first.request);
    await server.authenticate(second.request);
    expect(await first.checks[0]?.("digest 1")).toBe(true);
    expect(await second.checks[0]?.("digest 1")).toBe(true);
    expect(await second.checks[0]?.("digest 2")).toBe(false);
  });

  test("of two messages that race, one wins", async () => {
    const { server } = serverWithClock();
    const headers = signed();
    const calls = [readWith(headers), readWith(headers)];
    for (const { request } of calls) await server.authenticate(request);
    const checks = calls.flatMap((call) => call.checks);
    const answers = await Promise.all(checks.map((check, i) => check(`digest ${i}`)));
    expect(answers).toEqual([true, false]);
  });

  test("a message is bound to its own signature only", async () => {
    const { server } = serverWithClock();
    const [first, second] = [readWith(signed()), readWith(signed())];
    await server.authenticate(first.request);
    await server.authenticate(second.request);
    expect(await first.checks[0]?.("digest 1")).toBe(true);
    expect(await second.checks[0]?.("digest 2")).toBe(true);
  });
});

describe("W3: a signature is good for one call", () => {
  const kinds: MethodKind[] = ["server_streaming", "client_streaming", "bidi_streaming"];

  test("a call with side effects cannot be sent again", async () => {
    const { server } = serverWithClock();
    const headers = signed();
    await server.authenticate(requestWith(headers));
    await expect(server.authenticate(requestWith(headers))).rejects.toMatchObject(replayed);
  });

  test("not even where somebody would check its message", async () => {
    const { server } = serverWithClock();
    const { request, checks } = readWith(signed(), { read: false });
    await server.authenticate(request);
    await expect(server.authenticate(request)).rejects.toMatchObject(replayed);
    expect(checks).toEqual([]);
  });

  test.each(kinds)("a %s read cannot be sent again", async (kind) => {
    const { server } = serverWithClock();
    const { request, checks } = readWith(signed(), { kind });
    await server.authenticate(request);
    await expect(server.authenticate(request)).rejects.toMatchObject(replayed);
    expect(checks).toEqual([]);
  });

  test("a read cannot be sent again where nobody checks its message", async () => {
    const { server } = serverWithClock();
    const request = requestWith(signed(), read);
    await server.authenticate(request);
    await expect(server.authenticate(request)).rejects.toMatchObject(replayed);
  });

  test("the alias of a type is no second signature", async () => {
    const server = createHmacAuthenticator([user("Metal-View", 30, "v")]);
    const headers = hmacHeaders({ type: "Metal-View", key: "v" });
    const alias = new Headers(headers);
    alias.set("authorization", `${headers.get("authorization")}`.replace("View", "Viewer"));
    await server.authenticate(requestWith(headers));
    await expect(server.authenticate(requestWith(alias))).rejects.toMatchObject(replayed);
  });

  test("the same time in another form is no second signature", async () => {
    const { server } = serverWithClock();
    const headers = signed();
    await server.authenticate(requestWith(headers));
    for (const form of ["2026-01-15T10:00:00.999999Z", "2026-01-15T12:00:00+02:00"]) {
      headers.set("x-date", form);
      await expect(server.authenticate(requestWith(headers))).rejects.toMatchObject(replayed);
    }
  });

  test("it is remembered to the last moment at which it is fresh", async () => {
    const { server, clock } = serverWithClock();
    const headers = signed();
    await server.authenticate(requestWith(headers));
    clock.seconds = 90;
    await expect(server.authenticate(requestWith(headers))).rejects.toMatchObject(replayed);
    clock.seconds = 90.001;
    const answer = server.authenticate(requestWith(headers));
    await expect(answer).rejects.toMatchObject({ detail: "too_old" });
  });

  test("a forged call spends nothing", async () => {
    const { server } = serverWithClock();
    const headers = signed();
    const forged = new Headers(headers);
    forged.set("authorization", `Metal-Edit ${headers.get("authorization")?.split(" ")[1]}`);
    const answer = server.authenticate(requestWith(forged));
    await expect(answer).rejects.toMatchObject({ detail: "wrong_mac" });
    expect((await server.authenticate(requestWith(headers))).name).toBe("Metal-Admin");
  });

  test("with a full memory the server cannot decide, and says so", async () => {
    const usedSalts = createUsedSalts({ capacity: 1 });
    const server = createHmacAuthenticator(users, { usedSalts });
    const fresh = () => requestWith(hmacHeaders({ type: "Metal-Admin", key: "a" }));
    await server.authenticate(fresh());
    const undecidable = { name: "UndecidableError", detail: "replay_memory_full" };
    await expect(server.authenticate(fresh())).rejects.toMatchObject(undecidable);
  });
});

test("W4: replicas that share a memory refuse each other's replays", async () => {
  const usedSalts = createUsedSalts();
  const replicas = [1, 2].map(() => createHmacAuthenticator(users, { usedSalts }));
  const headers = hmacHeaders({ type: "Metal-Admin", key: "a" });
  await replicas[0]?.authenticate(requestWith(headers));
  await expect(replicas[1]?.authenticate(requestWith(headers))).rejects.toMatchObject(replayed);
});

describe("W5: the window has two sides", () => {
  const edges = [
    ["Metal-Admin", "a", 90, -30],
    ["Metal-Edit", "e", 30, -30],
    ["Short", "s", 10, -10],
  ] as const;

  test.each(edges)("%s, key %s: %i seconds old and %i ahead, no more", async (...row) => {
    const [type, key, past, future] = row;
    const { server, clock } = serverWithClock();
    const at = (seconds: number) => {
      clock.seconds = seconds;
      return server.authenticate(requestWith(signed(type, key)));
    };
    await expect(at(future - 0.001)).rejects.toMatchObject({ detail: "in_the_future" });
    expect((await at(future)).name).toBe(type);
    expect((await at(past)).name).toBe(type);
    await expect(at(past + 0.001)).rejects.toMatchObject({ detail: "too_old" });
  });

  test("a signature for the year 9999 is worth nothing today", async () => {
    const headers = hmacHeaders({ type: "Metal-Admin", key: "a", date: "9999-12-31T23:59:59Z" });
    const answer = serverWithClock().server.authenticate(requestWith(headers));
    await expect(answer).rejects.toMatchObject({ detail: "in_the_future" });
  });

  test("a broken clock refuses", async () => {
    const server = createHmacAuthenticator(users, { now: () => Number.NaN });
    const answer = server.authenticate(requestWith(signed()));
    await expect(answer).rejects.toMatchObject({ detail: "too_old" });
  });
});

test("W7: an unknown type passes the same checks and fails with the same words", async () => {
  const { server } = serverWithClock();
  const refusals = [hmacHeaders({ type: "Nobody", key: "a", date }), signed("Metal-Admin", "b")];
  const errors = await Promise.all(
    refusals.map((headers) =>
      server.authenticate(requestWith(headers)).catch((error: Error) => error),
    ),
  );
  expect(errors.map(String)).toEqual(Array(2).fill("CredentialError: invalid credentials"));
});

describe("W9: a key can be exchanged without a gap", () => {
  const [current, previous] = ["current-key", "previous-key"];
  const notAfter = new Date(start + 60_000);
  const keys = [
    { id: "2026", secret: current },
    { id: "2025", secret: previous, notAfter },
  ];
  const rotating = { ...user("Metal-Admin", 90), keys };
  const at = (seconds: number, key: string) =>
    createHmacAuthenticator([rotating], { now: () => start + seconds * 1000 }).authenticate(
      requestWith(hmacHeaders({ type: "Metal-Admin", key, date })),
    );

  test("both keys work, and the caller is the same with either", async () => {
    const principals = [await at(0, current), await at(59.9, previous)];
    expect(principals.map(({ id }) => id)).toEqual(["hmac:Metal-Admin", "hmac:Metal-Admin"]);
    expect(principals.map(({ credential }) => credential.keyId)).toEqual(["2026", "2025"]);
    expect(principals.map(({ expiresAt }) => expiresAt)).toEqual([undefined, notAfter]);
  });

  test("the previous one ends on its date", async () => {
    await expect(at(60, previous)).rejects.toMatchObject({ detail: "key_ended" });
    expect((await at(60, current)).credential.keyId).toBe("2026");
  });
});

describe("W10 and W11: a refusal tells nothing", () => {
  const wrong = [
    ["an old date", hmacHeaders({ type: "Metal-Admin", key: "a", date: "2020-01-01T00:00:00Z" })],
    ["a wrong key", signed("Metal-Admin", "b")],
    ["no salt", hmacHeaders({ type: "Metal-Admin", key: "a", date, salt: "" })],
    ["nothing at all", new Headers()],
  ] as const;

  test.each(wrong)("%s: one text, nothing of what was expected or sent", async (_, headers) => {
    const { server } = serverWithClock();
    const error = await server.authenticate(requestWith(headers)).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(Error);
    const facts = Object.fromEntries(Object.entries(error as Error));
    expect(Object.keys(facts).toSorted()).toEqual(["detail", "name"]);
    expect(facts["detail"]).toMatch(/^[a-z_]+$/);
    expect((error as Error).message).toBe("invalid credentials");
    expect((error as Error).cause).toBeUndefined();
  });
});

test("W12: a scheme that nobody knows is a bad credential, not an anonymous caller", async () => {
  const headers = new Headers({ authorization: "Basic dXNlcjpwYXNz", "x-date": date });
  const answer = serverWithClock().server.authenticate(requestWith(headers));
  await expect(answer).rejects.toMatchObject({ name: "CredentialError" });
});

test("W13: a method cannot borrow from the salt", async () => {
  const { server } = serverWithClock();
  const headers = hmacHeaders({ type: "Metal-Admin", key: "a", date, salt: "SALT".repeat(6) });
  const shifted = new Headers(headers);
  shifted.set("x-data-salt", "SALT".repeat(6).slice(2));
  for (const httpMethod of ["POSTSA", "post", "GRPC", "DELETE", "PUT", ""]) {
    const answer = server.authenticate(requestWith(shifted, { httpMethod }));
    await expect(answer).rejects.toMatchObject({ detail: "bad_method" });
  }
});

test("W13: a signature for POST is none for GET", async () => {
  const answer = serverWithClock().server.authenticate(
    requestWith(signed(), { httpMethod: "GET" }),
  );
  await expect(answer).rejects.toMatchObject({ detail: "wrong_mac" });
});

test("W14: the caller's key is known by its id", async () => {
  const { server } = serverWithClock();
  const principal = await server.authenticate(requestWith(signed()));
  expect(principal.credential).toEqual({
    kind: "hmac",
    label: "HMAC key of Metal-Admin",
    keyId: "1",
  });
});

describe("W15: a salt has 16 to 128 visible ASCII characters", () => {
  const outcome = async (salt: string) => {
    const headers = hmacHeaders({ type: "Metal-Admin", key: "a", date, salt });
    const answer = serverWithClock().server.authenticate(requestWith(headers));
    return answer.then(
      ({ name }) => name,
      (error: { detail: string }) => error.detail,
    );
  };

  test.each([
    ["16 characters", "x".repeat(16), "Metal-Admin"],
    ["24 letters", "abcdefghijklmnopqrstuvwx", "Metal-Admin"],
    ["128 characters", "x".repeat(128), "Metal-Admin"],
    ["all kinds of signs", "!\"#$%&'()*+,-./:;<=>?@[]^_`{|}~", "Metal-Admin"],
    ["nothing", "", "bad_salt"],
    ["15 characters", "x".repeat(15), "bad_salt"],
    ["129 characters", "x".repeat(129), "bad_salt"],
    ["a space within", `${"x".repeat(16)} ${"x".repeat(16)}`, "bad_salt"],
    ["a byte above 127", `${"x".repeat(16)}\u00e9`, "bad_salt"],
  ])("%s", async (_, salt, expected) => {
    expect(await outcome(salt)).toBe(expected);
  });
});

test("W16: a header that came twice is refused, whatever was made of the two", async () => {
  for (const name of ["authorization", "x-date", "x-data-salt"]) {
    const request = requestWith(signed(), { repeatedHeaders: new Set([name]) });
    const answer = serverWithClock().server.authenticate(request);
    await expect(answer).rejects.toMatchObject({ detail: "repeated_header" });
  }
  const harmless = requestWith(signed(), { repeatedHeaders: new Set(["accept"]) });
  expect((await serverWithClock().server.authenticate(harmless)).name).toBe("Metal-Admin");
});
