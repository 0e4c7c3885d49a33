// The key that a process makes for its secrets: for its owner alone, once, and no other opens what it has sealed.
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type RunningServer, runServer, startServer } from "./process.ts";

let server: RunningServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.remove());

test("a key is made at the first start, and a process with another one does not start", async () => {
  const path = join(server.data, "secrets.key");
  const key = readFileSync(path, "utf8").trimEnd();
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(key).toHaveLength(43);
  expect(await server.end("SIGTERM")).toBe(0);

  const other = { METAL_SECRETS_KEY: "another key of at least 32 bytes" };
  const args = ["--listen", "127.0.0.1:0", "--data", server.data];
  const { code, stderr } = await runServer(args, other);
  expect(code).toBe(2);
  expect(stderr).toContain("secrets-key: is not the one that the store was sealed with");
  expect(stderr).not.toContain(key);

  server = await server.again();
  expect(readFileSync(path, "utf8").trimEnd()).toBe(key);
});
