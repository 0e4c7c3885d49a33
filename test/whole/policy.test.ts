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
import { parsePolicy } from "../../src/rbac/policy/policy.ts";
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

test("every right that was widened since the last release is acknowledged", () => {
  const changes = changesBetween(policyIn("policy/baseline.json"), policyIn("gen/rbac/rules.json"));
  const open = changes.filter(
    (change) => change.kind === "widened" && acceptanceOf(accepted, change) === undefined,
  );
  expect(open).toEqual([]);
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
