import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "@jest/globals";
import type { Problem } from "../../src/domain/problem.ts";
import { readSecretsKey, type SecretsKeySettings } from "../../src/settings/secrets-key.ts";

const folder = mkdtempSync(join(tmpdir(), "metal-secrets-key-"));
afterAll(() => rmSync(folder, { recursive: true }));

const good = "3kT0Uo1vKq5m8wYcF2sXz7rPb9LdNhGj";
const path = join(folder, "key");
writeFileSync(path, `${good}\n`);

/** The key, or the setting that is wrong. */
function read(settings: SecretsKeySettings): string | undefined {
  const problems: Problem[] = [];
  const key = readSecretsKey(settings, (problem) => problems.push(problem));
  const [problem] = problems;
  return problem === undefined ? key : `wrong: ${problem.setting} ${problem.reason}`;
}

test("the key stands in a setting or in a file, not in both", () => {
  expect(read({})).toBeUndefined();
  expect(read({ "secrets-key": good })).toBe(good);
  expect(read({ "secrets-key-file": path })).toBe(good);
  const both = { "secrets-key": good, "secrets-key-file": path };
  expect(read(both)).toBe("wrong: secrets-key-file is given beside secrets-key");
});

test.each([
  ["short", "wrong: secrets-key has 5 bytes, fewer than 32"],
  ["change-me", "wrong: secrets-key is a publicly known key"],
])("%p is no key", (key, expected) => {
  expect(read({ "secrets-key": key })).toBe(expected);
});
