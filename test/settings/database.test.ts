// The database that the settings name is checked before anybody connects, and its password stays where it is.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterAll, describe, expect, test } from "@jest/globals";
import { type Problem, problemText } from "../../src/domain/problem.ts";
import { type DatabaseSettings, readDatabase } from "../../src/settings/database.ts";
import { DatabaseUrl } from "../../src/settings/database-url.ts";

const folder = mkdtempSync(join(tmpdir(), "metal-database-"));
afterAll(() => rmSync(folder, { recursive: true }));

function read(settings: DatabaseSettings) {
  const problems: Problem[] = [];
  const database = readDatabase(settings, (problem) => problems.push(problem));
  return { database, text: problems.map(problemText).join("\n") };
}

const good = [
  "postgres://u:secret@127.0.0.1:5432/metal",
  "postgresql://u:secret@localhost/metal",
  "postgres://u:secret@[::1]/metal",
  "postgres:///metal?host=/run/postgresql&user=u&password=secret",
  "postgres://u:secret@%2Frun%2Fpostgresql/metal",
  "postgres://u:secret@db.example/metal?sslmode=verify-full",
  "postgres://u:secret@db.example/metal?sslmode=verify-full&sslrootcert=/etc/ca.pem",
  "postgres://u:secret@10.0.0.1/metal?sslmode=disable",
  "postgres://u:s%40e%2Fcret@127.0.0.1/metal",
];

test.each(good)("%s is taken as it is", (url) => {
  const { database, text } = read({ "database-url": url });
  expect(text).toBe("");
  expect(database?.reveal()).toBe(url);
});

const bad: readonly (readonly [url: string, reason: string])[] = [
  ["mysql://u:secret@127.0.0.1/metal", "is no URL of a PostgreSQL database"],
  ["u:secret@127.0.0.1/metal", "is no URL of a PostgreSQL database"],
  ["secret", "is no URL of a PostgreSQL database"],
  ["postgres://u:sec/ret@127.0.0.1/metal", "is no URL of a PostgreSQL database"],
  ["postgres://127.0.0.1/metal", "names no user"],
  ["postgres://u:secret@127.0.0.1", "names no database"],
  ["postgres://u:secret@127.0.0.1/", "names no database"],
  ["postgres:///metal?user=u", "names no host"],
  ["postgres://u:secret@db.example/metal", "leaves this machine without TLS"],
  ["postgres://u:secret@128.0.0.1/metal", "leaves this machine without TLS"],
  ["postgres://u:secret@localhost/metal?host=db.example", "leaves this machine without TLS"],
  ["postgres://u:secret@localhost/metal?host=/run&host=db.example", "leaves this machine without"],
  ["postgres://u:secret@db.example/metal?sslmode=disable&sslmode=prefer", "would trust any server"],
  ["postgres://u:secret@db.example/metal?sslmode=require", "would trust any server"],
  ["postgres://u:secret@db.example/metal?sslmode=no-verify", "would trust any server"],
  ["postgres://u:secret@127.0.0.1/metal?sslmode=prefer", "would trust any server"],
];

test.each(bad)("%s is refused, because it %s", (url, reason) => {
  const { database, text } = read({ "database-url": url });
  expect(database).toBeUndefined();
  expect(text).toContain(`database-url: `);
  expect(text).toContain(reason);
  expect(text).not.toContain("secret");
});

describe("the file", () => {
  const file = join(folder, "url");

  test("holds the URL; line breaks around it do not count", () => {
    writeFileSync(file, `${good[0]}\n\n`);
    expect(read({ "database-url-file": file }).database?.reveal()).toBe(good[0]);
  });

  test("is named as the place of what is wrong, which is not quoted", () => {
    writeFileSync(file, "postgres://u:secret@db.example/metal");
    const { text } = read({ "database-url-file": file });
    expect(text).toMatch(/^database-url-file: leaves this machine without TLS/);
    expect(text).not.toContain("secret");
  });

  test("must be readable, and must not stand beside the URL", () => {
    const missing = read({ "database-url-file": join(folder, "none") });
    expect(missing.text).toContain("database-url-file: names a file that does not exist");
    const both = read({ "database-url": good[0], "database-url-file": file });
    expect(both.text).toContain("database-url-file: is given beside database-url");
    expect(both.database).toBeUndefined();
  });
});

test("without a setting there is no database", () => {
  expect(read({})).toEqual({ database: undefined, text: "" });
});

test("however it is shown, the password is not", () => {
  const database = new DatabaseUrl("postgres://u:secret@db.example:5432/metal?password=secret");
  const shown = [String(database), JSON.stringify({ database }), inspect(database, { depth: 9 })];
  expect(shown.slice(0, 2)).toEqual([
    "postgres://db.example:5432/metal",
    '{"database":"postgres://db.example:5432/metal"}',
  ]);
  expect(shown.join()).not.toContain("secret");
});
