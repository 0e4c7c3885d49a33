// The page on errors knows every reason for a refusal, with the code that it is answered with.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { refusalReasons, refusalWord } from "../../src/rbac/refusal.ts";

const page = readFileSync(join(import.meta.dirname, "../../docs/integrate/errors.md"), "utf8");
const listed = Array.from(
  page.matchAll(/^\| `([A-Z_]+)` \| `([a-z_]+)` \|/gm),
  ([, reason, code]) => [reason, code],
);

test("its table is that of the code", () => {
  const answered = refusalReasons.map((reason) => [reason, refusalWord(reason)]);
  expect(new Set(listed)).toEqual(new Set(answered));
});
