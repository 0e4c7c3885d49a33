// Nobody may do more than at the last release unless somebody said why, and no rule is odd unless somebody said why.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { DescFile } from "@bufbuild/protobuf";
import { describe, expect, test } from "@jest/globals";
import { parse } from "yaml";
import { file_metal_v1_foreign } from "../../gen/metal/v1/foreign_pb.ts";
import { acceptanceOf, readAcknowledgements } from "../../src/rbac/policy/acknowledgement.ts";
import { changesBetween } from "../../src/rbac/policy/change.ts";
import { policyOfFiles } from "../../src/rbac/policy/image.ts";
import { lint } from "../../src/rbac/policy/lint.ts";
import { type Policy, type PolicyRule, parsePolicy } from "../../src/rbac/policy/policy.ts";
import { Role, roles } from "../../src/rbac/role.ts";
import { services } from "../world/descriptors.ts";

const text = (path: string) => readFileSync(join(import.meta.dirname, "../..", path), "utf8");
const policyIn = (path: string) => parsePolicy(text(path), path);
const accepted = readAcknowledgements(parse(text("policy/acknowledged.yaml")), "acknowledged.yaml");

/** Files and what they import, each once. */
function withImports(files: readonly DescFile[]): DescFile[] {
  const found = new Set<DescFile>();
  const add = (file: DescFile): void => {
    if (found.has(file)) return;
    found.add(file);
    file.dependencies.forEach(add);
  };
  files.forEach(add);
  return [...found];
}

describe("since the last release", () => {
  const baseline = policyIn("policy/baseline.json");
  const widened = (policy: Policy) =>
    changesBetween(baseline, policy).filter(({ kind }) => kind === "widened");
  const open = (policy: Policy) =>
    widened(policy).filter((change) => acceptanceOf(accepted, change) === undefined);

  test("every right that was widened is acknowledged", () => {
    expect(open(policyIn("gen/rbac/rules.json"))).toEqual([]);
  });

  test("every acknowledged change is there: the list holds nothing that is over", () => {
    const there = widened(policyIn("gen/rbac/rules.json"));
    const used = new Set(there.map((change) => acceptanceOf(accepted, change)));
    expect(accepted.changes.filter((change) => !used.has(change))).toEqual([]);
  });

  test("a rule that became weaker is noticed, whichever it is", () => {
    const weaker = Array.from(baseline, ([name, rule]) => [name, weakened(rule)] as const);
    const noticed = open(new Map(weaker)).map(({ procedure }) => procedure);
    const closed = [...baseline].filter(([, { minRole }]) => minRole > Role.PUBLIC);
    expect(noticed).toEqual(expect.arrayContaining(closed.map(([name]) => name)));
  });
});

const weakened = (rule: PolicyRule): PolicyRule => ({
  ...rule,
  minRole: roles[roles.findIndex((role) => role === rule.minRole) - 1] ?? rule.minRole,
});

describe("rules that make no sense", () => {
  const files = withImports([file_metal_v1_foreign, ...services.map(({ file }) => file)]);
  const findings = lint(policyOfFiles(files, "gen"));
  const named = findings.map(({ procedure, check }) => `${procedure}: ${check}`);
  const excepted = accepted.exceptions.map(({ procedure, check }) => `${procedure}: ${check}`);

  test("are exceptions that somebody explained", () => {
    expect(named.filter((finding) => !excepted.includes(finding))).toEqual([]);
  });

  test("are there for every exception: the list holds nothing that is over", () => {
    expect(excepted.filter((exception) => !named.includes(exception))).toEqual([]);
  });
});
