// A policy says the same whether it comes from rules.json, from the table or from descriptors.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, test } from "@jest/globals";
import { rules } from "../../../gen/rbac/rules.ts";
import { changesBetween } from "../../../src/rbac/policy/change.ts";
import { policyOfImage } from "../../../src/rbac/policy/image.ts";
import { leastRole } from "../../../src/rbac/policy/need.ts";
import { parsePolicy, policyOfTable } from "../../../src/rbac/policy/policy.ts";
import { Role } from "../../../src/rbac/role.ts";
import { policy, rule, write } from "./rule.ts";

const json = readFileSync("gen/rbac/rules.json", "utf8");
const buf = spawnSync(
  process.execPath,
  ["node_modules/@bufbuild/buf/bin/buf", "build", "-o", "-#format=binpb"],
  { maxBuffer: 64 * 1024 * 1024 },
);
const image = policyOfImage(buf.stdout, "image");

test("rules.json, the table and an image state the same rules", () => {
  const [file, table] = [parsePolicy(json, "rules.json"), policyOfTable(rules)];
  expect([...file.keys()]).toEqual([...table.keys()]);
  expect([...image.keys()]).toEqual([...table.keys()]);
  expect(changesBetween(file, table)).toEqual([]);
  expect(changesBetween(file, image)).toEqual([]);
  const lines = (source: string) => source.replace(/^.*?(metal\/|api\/)/, "$1");
  for (const [name, { source, ...facts }] of image) {
    const { source: place, ...others } = table.get(name) ?? rule();
    const { secrets: _, ...stated } = facts;
    expect([name, stated, lines(source)]).toEqual([name, others, lines(place)]);
  }
});

test("an image tells which answers hold secrets", () => {
  expect(image.get("metal.v1.TenantService/Get")?.secrets).toEqual([]);
  const own = [...image].filter(([, { secrets }]) => secrets?.some((path) => !path.includes(".")));
  for (const [name, { reason, components }] of own)
    expect([name, reason || components.length > 0]).toEqual([name, true]);
});

test.each([
  ["[]", "f: is no rules.json"],
  ["{", "f: is no rules.json"],
  ['{"a.B/C": {}}', 'f: "a.B/C" is no RPC'],
  ['{"/a.B/C": {"minRole": "OWNER"}}', "f: /a.B/C: has no known minRole"],
  ['{"/a.B/C": null}', "f: /a.B/C: has no known minRole"],
])("%s is no policy", (text, message) => {
  expect(() => parsePolicy(text, "f")).toThrow(message);
});

test.each([
  [new Uint8Array([1, 2, 3]), "f: is no image"],
  [new Uint8Array(), "f: no proto imports metal/rbac/v1/rbac.proto"],
])("bytes %p are no policy", (bytes, message) => {
  expect(() => policyOfImage(bytes, "f")).toThrow(message);
});

test("the least role is the highest minimum", () => {
  const some = policy({
    "a/Get": rule(),
    "a/Set": write(),
    "a/Drop": write({ minRole: Role.ADMIN }),
  });
  expect(leastRole(some, [])).toBe(Role.PUBLIC);
  expect(leastRole(some, ["a/Get", "a/Gone"])).toBe(Role.VIEWER);
  expect(leastRole(some, ["a/Set", "a/Get"])).toBe(Role.EDITOR);
  expect(leastRole(some, some.keys())).toBe(Role.ADMIN);
});
