// Imports point downwards. The table says which folders a folder of src may import from; a folder that it does not
// list may import nothing.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, expect, test } from "@jest/globals";

const root = join(import.meta.dirname, "../..");

/** By folder of src, or by file for what lies directly in it. "gen/rbac" is the generated table, "gen" the messages. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  rbac: ["gen"],
  domain: ["store", "gen"],
  secrets: ["gen"],
  store: ["domain", "rbac", "secrets", "gen"],
  auth: ["rbac", "domain", "gen"],
  audit: ["rbac", "domain", "store", "gen"],
  http: [],
  fast: ["http"],
  limit: ["http", "rbac"],
  observe: ["http", "rbac", "store"],
  interceptors: ["observe", "audit", "auth", "rbac", "http", "domain", "gen"],
  firmware: ["domain"],
  vpn: ["domain"],
  services: ["audit", "rbac", "secrets", "domain", "firmware", "vpn", "store", "gen"],
  jobs: ["audit", "domain", "vpn", "store", "gen"],
  settings: ["firmware", "vpn", "auth", "rbac", "domain", "http"],
  maintenance: ["config.ts", "settings", "store", "domain", "auth", "firmware", "audit"],
  cli: ["audit", "maintenance", "rbac", "gen", "gen/rbac"],
  simulate: ["gen"],
  "routes.ts": ["services", "secrets", "rbac", "gen", "gen/rbac"],
  "pipeline.ts": ["interceptors", "observe", "audit", "rbac", "gen/rbac"],
  "config.ts": ["settings", "firmware", "vpn", "auth", "rbac", "domain", "http"],
  "observability.ts": ["app.ts", "config.ts", "observe", "interceptors", "http", "store"],
  "transport.ts": ["config.ts", "port.ts", "settings", "limit", "interceptors", "http"],
  "identities.ts": ["auth", "rbac", "http", "services"],
  "port.ts": ["fast", "http", "limit", "rbac", "interceptors"],
  "workers.ts": ["interceptors"],
  "app.ts":
    "routes.ts pipeline.ts identities.ts port.ts secrets services jobs interceptors observe audit limit http domain firmware vpn store gen gen/rbac".split(
      " ",
    ),
  "process.ts":
    "app.ts workers.ts config.ts observability.ts transport.ts settings secrets audit auth rbac domain firmware vpn simulate store interceptors".split(
      " ",
    ),
  "main.ts": ["process.ts"],
};

/** What a folder may import only a part of: the parts, files or folders. */
const parts: Readonly<Record<string, readonly string[]>> = {
  "domain → store": "entities machine-place pools store"
    .split(" ")
    .map((name) => `store/${name}.ts`),
  "jobs → store": ["store/store.ts"],
  "services → store": "changes entities pools store".split(" ").map((name) => `store/${name}.ts`),
  "audit → store": ["store/store.ts", "store/seals.ts"],
  "store → domain": ["domain/errors.ts", "domain/problem.ts", "domain/system-error.ts"],
  "store → rbac": ["rbac/trace-id.ts"],
  "observe → store": ["store/store.ts"],
  "settings → http": ["http/tls.ts", "http/tls-material.ts", "http/proxy.ts"],
  "config.ts → http": ["http/tls-material.ts"],
  "identities.ts → services": [
    "services/access/holder.ts",
    "services/user/draft.ts",
    "services/user/limit.ts",
    "services/user/stored-users.ts",
  ],
  "auth → domain": ["domain/problem.ts", "domain/system-error.ts"],
  "interceptors → http": ["http/ending.ts"],
  "interceptors → domain": ["domain/errors.ts", "domain/validation.ts"],
  "audit → domain": ["domain/errors.ts"],
  "cli → audit": ["audit/chain/"],
  "cli → rbac": ["rbac/policy/"],
  "maintenance → audit": ["audit/sealed.ts", "audit/sinks/sink.ts"],
  "maintenance → auth": ["auth/first-start.ts", "auth/secrets-file.ts"],
  "maintenance → firmware": ["firmware/open.ts"],
  "maintenance → domain": [
    "domain/books/inspect.ts",
    "domain/problem.ts",
    "domain/system-error.ts",
  ],
  "process.ts → simulate": ["simulate/simulation.ts"],
};

/** Every way to name another module: import, export from, a bare import, a dynamic one with a literal. */
const importing = /(?:\bfrom|\bimport\(?)\s*"(\.{1,2}\/[^"]+)"/g;

/** The modules that `source`, lying at `path`, names, relative to the root of the project. */
function importsOf(path: string, source: string): string[] {
  const targets = Array.from(source.matchAll(importing), ([, target = ""]) => target);
  return targets.map((target) => relative(root, join(root, dirname(path), target)));
}

/** "rbac" for src/rbac/gate.ts, "app.ts" for src/app.ts, "gen/rbac" for gen/rbac/rules.ts, "gen" for other messages. */
function placeOf(path: string): string {
  if (path.startsWith("gen/rbac/")) return "gen/rbac";
  if (path.startsWith("gen/")) return "gen";
  return path.split("/")[1] ?? path;
}

/** Why `from` may not import `to`; undefined if it may. */
function fault(from: string, to: string): string | undefined {
  const [here, there] = [placeOf(from), placeOf(to)];
  if (here === there) return undefined;
  if (!mayImport[here]?.includes(there)) return `${from} imports ${to}`;
  const allowed = parts[`${here} → ${there}`];
  const isIn = (part: string) =>
    part.endsWith("/") ? to.startsWith(`src/${part}`) : to === `src/${part}`;
  const isPart = allowed === undefined || allowed.some(isIn);
  return isPart ? undefined : `${from} imports ${to}`;
}

const files = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".ts"))
  .map((path) => join("src", path));

test("every import of src points where the table allows", () => {
  const faults = files.flatMap((path) =>
    importsOf(path, readFileSync(join(root, path), "utf8")).map((target) => fault(path, target)),
  );
  expect(faults.filter((text) => text !== undefined)).toEqual([]);
});

test("the table lists what is there, and nothing else", () => {
  expect(Object.keys(mayImport).sort()).toEqual([...new Set(files.map(placeOf))].sort());
});

describe("the check itself", () => {
  test.each([
    ['import { a } from "../services/ip.ts";', ["src/services/ip.ts"]],
    [
      'import type { A } from "./b.ts";\nexport { c } from "../../gen/x_pb.ts";',
      ["src/rbac/b.ts", "gen/x_pb.ts"],
    ],
    ['import "../app.ts";', ["src/app.ts"]],
    ['const { run } = await import("../main.ts");', ["src/main.ts"]],
    ['import {\n  a,\n  b,\n} from "../store/sql.ts";', ["src/store/sql.ts"]],
    ['import { test } from "node:test";', []],
  ])("finds the imports in %j", (source, found) => {
    expect(importsOf("src/rbac/x.ts", source)).toEqual(found);
  });

  test.each([
    ["src/rbac/gate.ts", "src/auth/hmac.ts"],
    ["src/domain/entity.ts", "src/store/sql.ts"],
    ["src/services/size.ts", "src/app.ts"],
    ["src/cli/main.ts", "src/domain/errors.ts"],
    ["src/cli/main.ts", "src/rbac/gate.ts"],
    ["src/nowhere/x.ts", "src/domain/errors.ts"],
  ])("forbids %s to import %s", (from, to) => {
    expect(fault(from, to)).toBe(`${from} imports ${to}`);
  });
});
