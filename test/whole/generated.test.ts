// What is committed under gen is what the protos say now, and the table that is enforced is the one that people
// compare.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterAll, expect, test } from "@jest/globals";
import { rules, schemaHash } from "../../gen/rbac/rules.ts";
import { Role } from "../../src/rbac/role.ts";
import type { RuleTable } from "../../src/rbac/rule.ts";

const buf = "node_modules/@bufbuild/buf/bin/buf";
const folder = mkdtempSync(join(tmpdir(), "generated-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function contents(root: string): Readonly<Record<string, string>> {
  const entries = readdirSync(root, { recursive: true, withFileTypes: true });
  const names = entries.filter((entry) => entry.isFile()).map((e) => join(e.parentPath, e.name));
  return Object.fromEntries(
    names.map((name) => [relative(root, name), readFileSync(name, "utf8")]),
  );
}

test("gen holds what buf generate writes, no more and no less", () => {
  const path = `${join("node_modules", ".bin")}:${process.env.PATH}`;
  const run = spawnSync(process.execPath, [buf, "generate", "-o", folder], {
    env: { ...process.env, PATH: path },
    encoding: "utf8",
  });
  expect(run).toMatchObject({ status: 0, stderr: "" });
  const [written, committed] = [contents(join(folder, "gen")), contents("gen")];
  expect(Object.keys(committed).toSorted()).toEqual(Object.keys(written).toSorted());
  expect(Object.keys(written).filter((name) => written[name] !== committed[name])).toEqual([]);
});

test("rules.json states the table that is enforced", () => {
  const text = readFileSync("gen/rbac/rules.json", "utf8");
  const table: RuleTable = rules;
  const facts = Object.entries(table).map(([procedure, rule]) => [
    procedure,
    { ...rule, minRole: nameOf(rule.minRole), source: rule.source.replace(/:\d+$/, "") },
  ]);
  expect(Object.fromEntries(facts)).toEqual(JSON.parse(text));
  expect(schemaHash).toBe(`sha256:${createHash("sha256").update(text).digest("hex")}`);
});

function nameOf(role: Role): string | undefined {
  return Object.entries(Role).find(([, value]) => value === role)?.[0];
}
