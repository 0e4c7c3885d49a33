// What the README says of roles, commands and files is so.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { withRoleTable } from "../../scripts/readme.ts";
import { page, pages } from "../../scripts/transcripts.ts";

const root = join(import.meta.dirname, "../..");
const readme = readFileSync(join(root, "README.md"), "utf8");

test("its role table is the one that is enforced", () => {
  expect(withRoleTable(readme)).toBe(readme);
});

test("what `metal` prints in it is what it prints in a page whose commands are run", () => {
  const shown = new Set(pages().flatMap((name) => stepsOf(page(name))));
  const ours = stepsOf(readme).filter(
    (step) => step.includes("metal ") && !/^(alias|curl)/.test(step),
  );
  expect(ours.length).toBeGreaterThan(0);
  expect(ours.filter((step) => !shown.has(step))).toEqual([]);
});

/** Each command with what it prints, in the order of a page. Numbers and widths differ from run to run. */
function stepsOf(text: string): string[] {
  const blocks = Array.from(text.matchAll(/```console\n([^]*?)```/g), ([, body = ""]) => body);
  const steps = blocks.flatMap((body) => body.split(/^\$ /m).filter((step) => step !== ""));
  return steps.map((step) => step.replaceAll(/\d+/g, "0").replaceAll(/\s+/g, " ").trim());
}

test("every npm script it names exists", () => {
  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const named = Array.from(
    readme.matchAll(/npm run (?:--silent )?([\w-]+)/g),
    ([, name = ""]) => name,
  );
  expect(named.filter((name) => !(name in scripts))).toEqual([]);
});

test("it tells to test as CI does", () => {
  expect(readme).toContain("npm ci && npm test");
  expect(readFileSync(join(root, ".ci/run"), "utf8")).toContain("\nnpm ci && npm test\n");
});
