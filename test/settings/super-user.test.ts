import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "@jest/globals";
import type { Problem } from "../../src/domain/problem.ts";
import { readSuperUserPassword, type SuperUserSettings } from "../../src/settings/super-user.ts";

const folder = mkdtempSync(join(tmpdir(), "metal-super-user-"));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (text: string): string => {
  const path = join(folder, "password");
  writeFileSync(path, text);
  return path;
};

/** The password, or the setting that is wrong. */
function read(settings: SuperUserSettings): string | undefined {
  const problems: Problem[] = [];
  const password = readSuperUserPassword(settings, (problem) => problems.push(problem));
  const secret = settings["bmc-superuser-password"];
  if (secret) expect(JSON.stringify(problems)).not.toContain(JSON.stringify(secret));
  const [problem] = problems;
  return problem === undefined ? password : `wrong: ${problem.setting}`;
}

const name = "bmc-superuser-password";

test("without a setting there is no password", () => {
  expect(read({})).toBeUndefined();
});

test("the password stands in a setting or in a file, not in both", () => {
  expect(read({ [name]: "long-enough" })).toBe("long-enough");
  expect(read({ [`${name}-file`]: file("long-enough\n") })).toBe("long-enough");
  const both = { [name]: "long-enough", [`${name}-file`]: file("long-enough") };
  expect(read(both)).toBe(`wrong: ${name}-file`);
  expect(read({ [`${name}-file`]: join(folder, "none") })).toBe(`wrong: ${name}-file`);
});

test.each(["", "short12", "a".repeat(21), "with blank", "lïttle-ascii", "two\nlines-long"])(
  "%j is no password for a BMC",
  (password) => {
    expect(read({ [name]: password })).toBe(`wrong: ${name}`);
    expect(read({ [`${name}-file`]: file(password) })).toBe(`wrong: ${name}-file`);
  },
);
