// Fifteen calls that a security review would begin with, each against a whole server and with the answer it must get.
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { FakeIssuer } from "../auth/forge.ts";
import { audience, Forgery, nowSeconds, publishedKeys } from "../auth/forged-token.ts";
import { hmacHeaders } from "../auth/signed.ts";
import { credentials, startWorld, users, type World } from "../world/server.ts";

let issuer: FakeIssuer;
let forgery: Forgery;
let world: World;
/** A server whose clock stands shortly after the known answers were made, with the key they were made with. */
let past: World;

const knownKey = {
  ...users.admin,
  keys: [{ id: "known", secret: "metal-admin" }],
};
const editKey = { ...users.edit, keys: [{ id: "known", secret: "metal-edit" }] };
const knownTime = "2026-01-15T10:00:00Z";
const knownSalt = "aAbBcCdDeEfFgGhHiIjJkKlL";
const knownMac = "be39d3ee1f4d1970579129bed16205bcf484b5f53b59979b55d29030412219fe";

beforeAll(async () => {
  issuer = await FakeIssuer.start(publishedKeys);
  forgery = new Forgery(issuer.url);
  world = await startWorld({ issuers: [{ issuer: issuer.url, audience }] });
  past = await startWorld({
    users: [knownKey, editKey],
    now: () => Date.parse(knownTime) + 5_000,
  });
});
afterAll(async () => {
  await Promise.all([world.close(), past.close(), issuer[Symbol.asyncDispose]()]);
});

type Send = Readonly<Record<string, string>>;
const read = "metal.v1.TenantService/List";
const write = "metal.v1.TenantService/Create";

/** The code that a call of JSON is answered with; "ok" if it is served. */
async function code(
  url: string,
  procedure: string,
  { headers, body = "{}" }: { headers: Send; body?: string },
): Promise<string> {
  const response = await fetch(`${url}/${procedure}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body,
  });
  const text = await response.text();
  if (response.ok) return "ok";
  return text === "" ? `HTTP ${response.status}` : JSON.parse(text).code;
}

const bearer = (token: string): Send => ({ authorization: `Bearer ${token}` });
const signed = (headers: Headers): Send => Object.fromEntries(headers);
const known = (mac: string): Send => ({
  authorization: `Metal-Admin ${mac}`,
  "x-date": knownTime,
  "x-data-salt": knownSalt,
});
const list = (headers: Send) => code(world.url, read, { headers });
const ago = (minutes: number) =>
  `${new Date(Date.now() - minutes * 60_000).toISOString().slice(0, 19)}Z`;

test("D01 no credentials on a call that needs a role", async () => {
  expect(await list({})).toBe("unauthenticated");
});

test("D02 the known answer of metal-stack's own signer", async () => {
  expect(await code(past.url, read, { headers: known(knownMac) })).toBe("ok");
});

test("D03 the key of another user", async () => {
  const headers = signed(
    hmacHeaders({ type: "Metal-Admin", key: "metal-edit", date: knownTime, salt: knownSalt }),
  );
  expect(headers["authorization"]).toMatch(/^Metal-Admin ac8c4f57/);
  expect(await code(past.url, read, { headers })).toBe("unauthenticated");
});

test("D04 a right signature that is ten minutes old", async () => {
  const [{ secret } = { secret: "" }] = users.admin.keys;
  const old = hmacHeaders({ type: "Metal-Admin", key: secret, date: ago(10) });
  expect(await list(signed(old))).toBe("unauthenticated");
});

test("D05 a right signature of a viewer on a call that needs more", async () => {
  const answer = await code(world.url, write, { headers: credentials("view", "POST") });
  expect(answer).toBe("permission_denied");
});

test("D06 a bearer token that is no token", async () => {
  expect(await list(bearer("abc"))).toBe("unauthenticated");
});

test("D07 a token that ended an hour ago", async () => {
  const token = forgery.token({ iat: nowSeconds - 7200, exp: nowSeconds - 3600 });
  expect(await list(bearer(token))).toBe("unauthenticated");
});

test("D08 a token for somebody else", async () => {
  expect(await list(bearer(forgery.token({ aud: "someone-else" })))).toBe("unauthenticated");
});

test("D09 a token of another issuer", async () => {
  const token = forgery.token({ iss: "https://other.example" });
  expect(await list(bearer(token))).toBe("unauthenticated");
});

test("D10 a token that nobody signed", async () => {
  const token = forgery.signedBy(() => Buffer.alloc(0), { alg: "none" });
  expect(await list(bearer(token))).toBe("unauthenticated");
});

test("D11 a good token whose groups grant no role", async () => {
  const token = forgery.token({ roles: ["maas-all-all-guest"] });
  expect(await list(bearer(token))).toBe("permission_denied");
  expect(await list(bearer(forgery.token({})))).toBe("ok");
});

test("D12 a body that is no JSON", async () => {
  const answer = await code(world.url, read, { headers: credentials("view", "POST"), body: "{" });
  expect(answer).toBe("invalid_argument");
});

test("D13 a method that does not exist", async () => {
  const procedure = "metal.v1.TenantService/Explode";
  const answer = await code(world.url, procedure, { headers: credentials("admin", "POST") });
  expect(answer).toBe("HTTP 404");
});

test("D14 a body beyond the limit of 4 MiB", async () => {
  const body = JSON.stringify({ tenant: { name: "x".repeat(5 * 1024 * 1024) } });
  const answer = await code(world.url, write, { headers: credentials("admin", "POST"), body });
  expect(answer).toBe("resource_exhausted");
});

test("D15 an id created twice, and one that is not there", async () => {
  const body = JSON.stringify({ tenant: { meta: { id: "twice" } } });
  const create = () => code(world.url, write, { headers: credentials("admin", "POST"), body });
  expect([await create(), await create()]).toEqual(["ok", "already_exists"]);
  const missing = await code(world.url, "metal.v1.TenantService/Get", {
    headers: credentials("view", "POST"),
    body: '{"id":"missing"}',
  });
  expect(missing).toBe("not_found");
});

test("a field that nobody knows is refused, not dropped", async () => {
  const answer = await code(world.url, write, {
    headers: credentials("admin", "POST"),
    body: '{"tenant":{"nmae":"x"}}',
  });
  expect(answer).toBe("invalid_argument");
});
