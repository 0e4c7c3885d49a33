// What the setting `oidc` may say, and what its author is told otherwise.
import { describe, expect, test } from "@jest/globals";
import { parse } from "yaml";
import { resolveIssuer } from "../../../src/auth/oidc/issuer.ts";
import { parseIssuers } from "../../../src/auth/oidc/settings.ts";
import { Role } from "../../../src/rbac/role.ts";

const minimal = { issuer: "https://login.example", audience: "metal" };

describe("good settings", () => {
  test("an issuer and an audience suffice", () => {
    const { issuers, problems } = parseIssuers([minimal]);
    expect(problems).toEqual([]);
    expect(issuers.map(resolveIssuer)).toMatchObject([
      {
        issuer: "https://login.example",
        audiences: new Set(["metal"]),
        algorithms: ["RS256", "PS256", "ES256", "EdDSA"],
        roleClaims: [["roles"], ["groups"]],
        roleClaimShape: "strings",
        roleMapping: { mode: "exact" },
        components: { claim: ["sub"], names: new Map() },
        maximumLifetimeSeconds: 86_400,
      },
    ]);
  });

  test("everything that can be said is understood", () => {
    const { issuers, problems } = parseIssuers(
      parse(`
        - issuer: http://127.0.0.1:5556/dex
          audience: [metal, metal-cli]
          algorithms: [ES384]
          role-claim: [resource_access, my.client, roles]
          role-claim-shape: object-keys
          role-mapping:
            mode: ldap-prefixed
            tenants: [tnnt]
            roles: { operators: admin, readers: view, writers: edit }
          components:
            claim: [client_id]
            names: { core-1: metal-core }
          authorized-parties: [metal-cli]
          ca-file: ${import.meta.filename}
          max-token-lifetime: 15m
      `),
    );
    expect(problems).toEqual([]);
    expect(issuers).toEqual([
      {
        issuer: "http://127.0.0.1:5556/dex",
        audience: ["metal", "metal-cli"],
        algorithms: ["ES384"],
        roleClaim: ["resource_access", "my.client", "roles"],
        roleClaimShape: "object-keys",
        roleMapping: {
          mode: "ldap-prefixed",
          tenants: new Set(["tnnt"]),
          roles: new Map([
            ["operators", Role.ADMIN],
            ["readers", Role.VIEWER],
            ["writers", Role.EDITOR],
          ]),
        },
        components: { claim: ["client_id"], names: new Map([["core-1", "metal-core"]]) },
        authorizedParties: ["metal-cli"],
        caFile: import.meta.filename,
        maximumLifetimeSeconds: 900,
      },
    ]);
  });

  test("components without a claim are known by subject", () => {
    const components = { names: { robot: "metal-core" } };
    const [issuer] = parseIssuers([{ ...minimal, components }]).issuers.map(resolveIssuer);
    expect(issuer?.components.claim).toEqual(["sub"]);
  });

  test("no issuers are fine", () => {
    expect(parseIssuers(undefined)).toEqual({ issuers: [], problems: [] });
    expect(parseIssuers([])).toEqual({ issuers: [], problems: [] });
  });
});

const wrong: readonly (readonly [string, object, string])[] = [
  ["a misspelt key", { audiences: "x" }, "oidc[0].audiences is not a setting"],
  ["a member of prototypes", JSON.parse(`{"__proto__": {}}`), "oidc[0].__proto__ is not a setting"],
  [
    "http",
    { issuer: "http://login.example" },
    'oidc[0].issuer "http://login.example" must use https',
  ],
  ["no URL", { issuer: "login" }, 'oidc[0].issuer "login" is not a URL'],
  ["a query", { issuer: "https://a/?b" }, 'oidc[0].issuer "https://a/?b" must have no query'],
  ["a fragment", { issuer: "https://a/#" }, 'oidc[0].issuer "https://a/#" must have no query'],
  ["a user", { issuer: "https://u:p@a/" }, "must have no query, fragment or user"],
  ["an issuer that is no text", { issuer: 5 }, "oidc[0].issuer must be a text"],
  ["an empty audience", { audience: "" }, "oidc[0].audience must be a text"],
  ["no audiences", { audience: [] }, "oidc[0].audience must be a list"],
  ["HS256", { algorithms: ["HS256"] }, "oidc[0].algorithms must be one of RS256"],
  ["none", { algorithms: ["none"] }, "oidc[0].algorithms must be one of RS256"],
  ["a path with dots", { "role-claim": "a.b" }, "oidc[0].role-claim must be a list of keys"],
  ["an unknown shape", { "role-claim-shape": "csv" }, "oidc[0].role-claim-shape must be one of"],
  [
    "an unknown mode",
    { "role-mapping": { mode: "ad" } },
    "oidc[0].role-mapping.mode must be one of",
  ],
  [
    "an unknown role",
    { "role-mapping": { roles: { a: "root" } } },
    "oidc[0].role-mapping.roles must be one of view",
  ],
  ["an empty table", { "role-mapping": { roles: {} } }, "oidc[0].role-mapping.roles must be a map"],
  ["a mapping that is a text", { "role-mapping": "exact" }, "oidc[0].role-mapping must be a map"],
  ["an unknown mapping key", { "role-mapping": { role: 1 } }, "oidc[0].role-mapping.role is not"],
  ["tenants nobody reads", { "role-mapping": { tenants: ["a"] } }, "has no meaning in mode exact"],
  ["components without names", { components: {} }, "oidc[0].components.names is missing"],
  [
    "a component in capitals",
    { components: { names: { a: "B" } } },
    "oidc[0].components.names must name a component",
  ],
  ["parties as a text", { "authorized-parties": "a" }, "oidc[0].authorized-parties must be a list"],
  ["a CA file that is not there", { "ca-file": "/none.pem" }, 'oidc[0].ca-file names "/none.pem"'],
  [
    "a lifetime without unit",
    { "max-token-lifetime": 60 },
    "oidc[0].max-token-lifetime must be a duration",
  ],
  [
    "a lifetime of nothing",
    { "max-token-lifetime": "0s" },
    "oidc[0].max-token-lifetime must be a duration",
  ],
];

describe("wrong settings", () => {
  test.each(wrong)("%s is named", (_, changes, problem) => {
    const { problems } = parseIssuers([
      Object.fromEntries([minimal, changes].flatMap((each) => Object.entries(each))),
    ]);
    expect(problems.join("\n")).toContain(problem);
  });

  test.each([
    [{}, ["oidc[0].issuer is missing", "oidc[0].audience is missing"]],
    ["x", ["oidc[0] must be a map"]],
    [null, ["oidc[0] must be a map"]],
  ])("an entry %j is named", (entry, problems) => {
    expect(parseIssuers([entry])).toEqual({ issuers: [], problems });
  });

  test("a map instead of a list is named", () => {
    expect(parseIssuers(minimal).problems).toEqual(["oidc must be a list of issuers"]);
  });

  test("an issuer that is named twice is named", () => {
    const { problems } = parseIssuers([minimal, { ...minimal, audience: "other" }]);
    expect(problems).toEqual(['oidc names the issuer "https://login.example" twice']);
  });

  test("all that is wrong is named at once", () => {
    const entry = { issuer: "x", audience: 5, algorithms: "RS256", extra: true };
    expect(parseIssuers([minimal, entry]).problems).toHaveLength(4);
  });
});

describe("an issuer that was not read from settings", () => {
  test.each(["http://login.example", "login", "https://a/?b"])("%s is refused too", (issuer) => {
    expect(() => resolveIssuer({ issuer, audience: "metal" })).toThrow(TypeError);
  });

  test("must have an audience", () => {
    expect(() => resolveIssuer({ ...minimal, audience: [] })).toThrow(TypeError);
  });
});
