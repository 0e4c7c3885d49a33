// metal-stack's HMAC scheme: known answers, header forms, principals.
import { createHmac } from "node:crypto";
import { describe, expect, test } from "@jest/globals";
import { createHmacAuthenticator, type HmacUser } from "../../src/auth/hmac.ts";
import { signHmac } from "../../src/auth/sign-hmac.ts";
import { Role } from "../../src/rbac/role.ts";
import { rawVectors, refusedVectors, type SignedVector, signedVectors } from "./hmac-vectors.ts";
import { hmacHeaders, requestWith } from "./signed.ts";

const admin: HmacUser = {
  name: "Metal-Admin",
  type: "Metal-Admin",
  keys: [{ id: "current", secret: "metal-admin" }],
  role: Role.ADMIN,
  windowSeconds: 90,
};
const view: HmacUser = {
  name: "Metal-View",
  type: "Metal-View",
  keys: [{ id: "current", secret: "metal-view" }],
  role: Role.VIEWER,
  windowSeconds: 30,
};

const date = "2026-01-15T10:00:00Z";
const salt = "aAbBcCdDeEfFgGhHiIjJkKlL";
const adminMac = "be39d3ee1f4d1970579129bed16205bcf484b5f53b59979b55d29030412219fe";

/** A server at a fixed time. */
function serverAt(time: string, ...users: HmacUser[]) {
  return createHmacAuthenticator(users, { now: () => Date.parse(time) });
}

const headersOf = (authorization: string, sentDate: string, sentSalt: string) =>
  new Headers({ authorization, "x-date": sentDate, "x-data-salt": sentSalt });

function answerTo(vector: SignedVector) {
  const { type, key, mac } = vector;
  const user = { ...view, name: type, type, keys: [{ id: "k", secret: key }] };
  const headers = headersOf(`${type} ${mac}`, vector.sentDate, vector.salt);
  const request = requestWith(headers, { httpMethod: vector.method });
  return serverAt(vector.signedDate, user).authenticate(request);
}

describe("the arithmetic", () => {
  test.each(signedVectors)("$id: $note", (vector) => {
    const input = { date: vector.signedDate, method: vector.method, salt: vector.salt };
    expect(signHmac(Buffer.from(vector.key), input).toString("hex")).toBe(vector.mac);
  });

  test.each(rawVectors)("$id agrees in raw bytes", ({ keyHex, methodHex, saltHex, date, mac }) => {
    const latin1 = (hex: string) => Buffer.from(hex, "hex").toString("latin1");
    const input = { date, method: latin1(methodHex), salt: latin1(saltHex) };
    expect(signHmac(Buffer.from(keyHex, "hex"), input).toString("hex")).toBe(mac);
  });

  test("a character of a header is one byte, also above 127", () => {
    const key = Buffer.from("k");
    const bytes = Buffer.from([...Buffer.from(`${date}POST`), 0xc3, 0xa9]);
    const expected = createHmac("sha256", key).update(bytes).digest("hex");
    const mac = signHmac(key, { date, method: "POST", salt: "\u00c3\u00a9" });
    expect(mac.toString("hex")).toBe(expected);
  });
});

describe("a server", () => {
  const byId = (ids: string[]) => signedVectors.filter(({ id }) => ids.includes(id));

  test.each(byId(["V1", "V2", "V3", "V4", "V6", "V8", "V9"]))(
    "takes $id: $note",
    async (vector) => {
      expect((await answerTo(vector)).name).toBe(vector.type);
    },
  );

  const details: Record<string, string> = {
    V5: "bad_salt",
    V7: "unknown_type",
    V10: "bad_method",
    V11: "bad_salt",
  };
  test.each(byId(Object.keys(details)))("refuses $id: $note", async (vector) => {
    const error = { name: "CredentialError", detail: details[vector.id] };
    await expect(answerTo(vector)).rejects.toMatchObject(error);
  });

  test.each(refusedVectors)("refuses $id: $why", async ({ authorization, sentDate }) => {
    const request = requestWith(headersOf(authorization, sentDate, salt));
    const server = serverAt("2026-01-15T10:00:05Z", admin);
    await expect(server.authenticate(request)).rejects.toMatchObject({ name: "CredentialError" });
  });
});

describe("the Authorization header", () => {
  const server = () => serverAt("2026-01-15T10:00:05Z", admin);
  const refused = [
    ["nothing", "", "bad_authorization"],
    ["a type without signature", "Metal-Admin", "bad_authorization"],
    ["a signature without type", adminMac, "bad_authorization"],
    ["two spaces", `Metal-Admin  ${adminMac}`, "bad_authorization"],
    ["a tab for the space", `Metal-Admin\t${adminMac}`, "bad_authorization"],
    ["a no-break space behind", `Metal-Admin ${adminMac}\u00a0`, "bad_authorization"],
    ["a third part", `Metal-Admin ${adminMac} x`, "bad_authorization"],
    ["upper-case hex", `Metal-Admin ${adminMac.toUpperCase()}`, "bad_authorization"],
    ["63 digits", `Metal-Admin ${adminMac.slice(1)}`, "bad_authorization"],
    ["65 digits", `Metal-Admin ${adminMac}0`, "bad_authorization"],
    ["a digit that is none", `Metal-Admin ${adminMac.slice(1)}g`, "bad_authorization"],
    ["two headers in one", `Metal-Admin ${adminMac}, Metal-Admin ${adminMac}`, "bad_authorization"],
    ["another spelling of the type", `metal-admin ${adminMac}`, "unknown_type"],
    ["an unknown type", `Metal-Root ${adminMac}`, "unknown_type"],
    ["a type named like a property", `__proto__ ${adminMac}`, "unknown_type"],
    ["a wrong first digit", `Metal-Admin a${adminMac.slice(1)}`, "wrong_mac"],
    ["a wrong last digit", `Metal-Admin ${adminMac.slice(0, -1)}0`, "wrong_mac"],
  ] as const;

  test.each(refused)("%s is refused", async (_, authorization, detail) => {
    const request = requestWith(headersOf(authorization, date, salt));
    await expect(server().authenticate(request)).rejects.toMatchObject({ detail });
  });

  test("outer white space is no part of it, as for any header", async () => {
    const request = requestWith(headersOf(`  Metal-Admin ${adminMac} \t`, date, salt));
    expect((await server().authenticate(request)).name).toBe("Metal-Admin");
  });

  test("every scheme but Bearer is claimed", () => {
    const ours = ["Metal-Admin", "Metal-Viewer", "Basic", "Bearers", ""];
    expect(ours.filter((scheme) => !server().claims(scheme))).toEqual([]);
    expect(["Bearer", "bearer", "BEARER"].filter((scheme) => server().claims(scheme))).toEqual([]);
  });
});

describe("the principal", () => {
  const users = [admin, view];
  const call = (type: string, key: string) =>
    createHmacAuthenticator(users, { providerTenant: "metal-stack" }).authenticate(
      requestWith(hmacHeaders({ type, key })),
    );

  test("a default user has the labels metal-stack gives it", async () => {
    expect(await call("Metal-View", "metal-view")).toEqual({
      id: "hmac:Metal-View",
      name: "Metal-View",
      role: Role.VIEWER,
      credential: { kind: "hmac", label: "HMAC key of Metal-View", keyId: "current" },
      email: "metal-view@metal-stack.io",
      groups: ["k8s_kaas-view", "maas-all-all-view"],
      tenant: "metal-stack",
    });
  });

  test("Metal-Viewer is Metal-View by another name, and the same caller", async () => {
    const principal = await call("Metal-Viewer", "metal-view");
    expect(principal.id).toBe("hmac:Metal-View");
    expect(principal.name).toBe("Metal-View");
  });

  test("Metal-Viewer is unknown where there is no Metal-View", async () => {
    const request = requestWith(hmacHeaders({ type: "Metal-Viewer", key: "metal-view" }));
    const answer = createHmacAuthenticator([admin]).authenticate(request);
    await expect(answer).rejects.toMatchObject({ detail: "unknown_type" });
  });

  test("a user whose type is Metal-Viewer goes before the alias", async () => {
    const own = { ...view, name: "own", type: "Metal-Viewer", keys: [{ id: "1", secret: "own" }] };
    const server = createHmacAuthenticator([view, own]);
    const headers = hmacHeaders({ type: "Metal-Viewer", key: "own" });
    expect((await server.authenticate(requestWith(headers))).name).toBe("own");
  });

  test("a default type with another role has no labels that would belie it", async () => {
    const server = createHmacAuthenticator([{ ...view, role: Role.EDITOR }]);
    const headers = hmacHeaders({ type: "Metal-View", key: "metal-view" });
    expect(await server.authenticate(requestWith(headers))).not.toHaveProperty("groups");
  });

  test("it is frozen and the same object for every call", async () => {
    const server = createHmacAuthenticator([view]);
    const headers = () => hmacHeaders({ type: "Metal-View", key: "metal-view" });
    const principal = await server.authenticate(requestWith(headers()));
    const parts = [principal, principal.credential, principal.groups];
    expect(parts.map((part) => Object.isFrozen(part))).toEqual([true, true, true]);
    expect(await server.authenticate(requestWith(headers()))).toBe(principal);
  });

  test("a user of one's own has its component and no labels of the default users", async () => {
    const own = { ...view, name: "hammer", type: "Hammer", component: "metal-hammer" };
    const server = createHmacAuthenticator([own], { providerTenant: "metal-stack" });
    const headers = hmacHeaders({ type: "Hammer", key: "metal-view" });
    expect(await server.authenticate(requestWith(headers))).toEqual({
      id: "hmac:hammer",
      name: "hammer",
      role: Role.VIEWER,
      component: "metal-hammer",
      credential: { kind: "hmac", label: "HMAC key of hammer", keyId: "current" },
    });
  });

  test("two users of one type, or a window out of range, are a mistake of the programmer", () => {
    expect(() => createHmacAuthenticator([view, view])).toThrow(/the type "Metal-View"/);
    for (const windowSeconds of [0, -1, 301, 1.5, Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => createHmacAuthenticator([{ ...view, windowSeconds }])).toThrow(/1 to 300/);
  });
});
