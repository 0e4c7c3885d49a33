import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { Problem } from "../../src/domain/problem.ts";
import { type AuditValues, readAudit } from "../../src/settings/audit.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "metal-settings-"));
  const pem = (type: "ed25519" | "x25519") =>
    generateKeyPairSync(type as "ed25519").privateKey.export({ type: "pkcs8", format: "pem" });
  writeFileSync(join(folder, "good.pem"), pem("ed25519"));
  writeFileSync(join(folder, "other.pem"), pem("x25519"));
  writeFileSync(join(folder, "none.pem"), "secret text");
});
afterAll(() => rmSync(folder, { recursive: true }));

function reading(values: AuditValues) {
  const problems: Problem[] = [];
  return { read: readAudit(values, (problem) => problems.push(problem)), problems };
}

test("without settings nothing is copied, signed or removed", () => {
  expect(reading({})).toEqual({ read: { stdout: false }, problems: [] });
});

test("days become milliseconds, and a path is found from anywhere", () => {
  const { read } = reading({ "audit-retention": 2, "audit-file": "a.jsonl", "audit-stdout": true });
  expect(read).toEqual({ stdout: true, keepMs: 172_800_000, file: join(process.cwd(), "a.jsonl") });
});

test("an Ed25519 key is taken", () => {
  const { read, problems } = reading({ "audit-signing-key-file": join(folder, "good.pem") });
  expect([read.signingKey?.asymmetricKeyType, problems]).toEqual(["ed25519", []]);
});

test.each([
  ["other.pem", "holds no such key"],
  ["none.pem", "holds no such key"],
  ["missing.pem", "names a file that does not exist"],
])("%s is refused without being quoted", (file, reason) => {
  const { read, problems } = reading({ "audit-signing-key-file": join(folder, file) });
  expect(read.signingKey).toBeUndefined();
  expect(problems).toMatchObject([{ setting: "audit-signing-key-file", reason }]);
  expect(JSON.stringify(problems)).not.toContain("secret text");
});
