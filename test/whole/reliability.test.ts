// The page that says what holds under which fault names tests that exist: a promise whose test is gone is none.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";

const docs = join(import.meta.dirname, "../../docs");
const faults = join(import.meta.dirname, "../faults");
const page = readFileSync(join(docs, "reliability.md"), "utf8");
const rows = Array.from(page.matchAll(/^\| (?<fault>.+?) \| (?<promise>.+?) \| (?<tests>.+?) \|/gm))
  .map(({ groups }) => ({ fault: groups?.["fault"] ?? "", tests: groups?.["tests"] ?? "" }))
  .filter(({ fault }) => fault !== "Fault");

describe.each(rows)("$fault", ({ tests }) => {
  const links = Array.from(tests.matchAll(/\[([^\]]+)\]\(([^)]+)\)/g), ([, name, path]) => ({
    name,
    path,
  }));

  test("is caused by a test", () => {
    expect(links).not.toEqual([]);
  });

  test.each(links)("$path: $name", ({ name = "", path = "" }) => {
    const file = join(docs, path);
    expect(existsSync(file)).toBe(true);
    expect(readFileSync(file, "utf8")).toContain(`${name}"`);
  });
});

/** The names of the tests that cause faults, as their files write them. */
function faultTests(): string[] {
  const files = readdirSync(faults).filter((name) => name.endsWith(".test.ts"));
  const sources = files.map((name) => readFileSync(join(faults, name), "utf8"));
  return sources.flatMap((source) =>
    Array.from(source.matchAll(/^(?:test|onLinux)\("([^"]+)"/gm), ([, name = ""]) => name),
  );
}

test.each(faultTests())("%s is on the page", (name) => {
  expect(page).toContain(`[${name}](`);
});
