// A real server process that is to work on a PostgreSQL which is not as it should be: it does not start, says why and
// what to do, and never the password.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { newDatabase, type TestDatabase } from "../postgres/database.ts";
import { runServer } from "./process.ts";

let database: TestDatabase;
const data = mkdtempSync(join(tmpdir(), "metal-e2e-"));

beforeAll(async () => {
  database = await newDatabase("nothing");
});
afterAll(async () => {
  await database.drop();
  rmSync(data, { recursive: true });
});

const faults: readonly (readonly [what: string, url: () => string, reason: string])[] = [
  [
    "without a disk to wait for",
    () => database.url,
    "it does not wait for the disk: set fsync and full_page_writes to on",
  ],
  ["that nobody has created", () => `${database.url}x`, "does not exist"],
  [
    "where nobody listens",
    () => database.url.replace(/:\d+\//, ":1/"),
    "no connection to the database: connect ECONNREFUSED 127.0.0.1:1",
  ],
  ["beyond this machine, in clear text", () => "postgres://u:secret@db.example/m", "without TLS"],
];

test.each(faults)("a database %s keeps the server from starting", async (_, url, reason) => {
  const environment = {
    METAL_DATABASE_URL: url(),
    METAL_DATA: data,
    METAL_SECRETS_KEY: "a key of tests, 32 bytes or more",
  };
  const { code, stdout, stderr } = await runServer(["--listen", "127.0.0.1:0"], environment);
  expect(code).toBe(2);
  expect(stderr).toContain("metal-connect does not start:");
  expect(stderr).toContain("database-url");
  expect(stderr).toContain(reason);
  expect(stdout + stderr).not.toContain("secret");
});
