import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "@jest/globals";
import type { Problem } from "../../src/domain/problem.ts";
import { readSecretsKeys, type SecretsKeySettings } from "../../src/settings/secrets-key.ts";

const folder = mkdtempSync(join(tmpdir(), "metal-secrets-key-"));
afterAll(() => rmSync(folder, { recursive: true }));

const good = "3kT0Uo1vKq5m8wYcF2sXz7rPb9LdNhGj";
const path = join(folder, "key");
writeFileSync(path, `${good}\n`);

/** The key, or the setting that is wrong. */
function read(settings: SecretsKeySettings): string | undefined {
  const problems: Problem[] = [];
  const { current, previous } = readSecretsKeys(settings, (problem) => problems.push(problem));
  const [problem] = problems;
  const key = previous === undefined ? current : `${current} after ${previous}`;
  return problem === undefined ? key : `wrong: ${problem.setting} ${problem.reason}`;
}

test("the key stands in a setting or in a file, not in both", () => {
  expect(read({})).toBeUndefined();
  expect(read({ "secrets-key": good })).toBe(good);
  expect(read({ "secrets-key-file": path })).toBe(good);
  const both = { "secrets-key": good, "secrets-key-file": path };
  expect(read(both)).toBe("wrong: secrets-key-file is given beside secrets-key");
});

test("a key before it is read alike", () => {
  const previous = good.toLowerCase();
  const both = { "secrets-key-file": path, "secrets-key-previous": previous };
  expect(read(both)).toBe(`${good} after ${previous}`);
  expect(read({ ...both, "secrets-key-previous": "short" })).toBe(
    "wrong: secrets-key-previous has 5 bytes, fewer than 32",
  );
});

test("servers that share a database must share a key", () => {
  const missing = "wrong: secrets-key is missing beside database-url";
  expect(read({ "database-url": "postgres://x" })).toBe(missing);
  expect(read({ "database-url-file": "f" })).toBe(missing);
  expect(read({ "database-url": "postgres://x", "secrets-key": good })).toBe(good);
});

test.each([
  ["short", "wrong: secrets-key has 5 bytes, fewer than 32"],
  ["change-me", "wrong: secrets-key is a publicly known key"],
])("%p is no key", (key, expected) => {
  expect(read({ "secrets-key": key })).toBe(expected);
});
