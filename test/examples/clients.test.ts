// The clients of the documentation, against a real server: they are let in, follow pages, and tell why they are refused.
import { execFile, spawnSync } from "node:child_process";
import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { PartitionService } from "../../gen/metal/v1/partition_pb.ts";
import { signHmac } from "../../src/auth/sign-hmac.ts";
import { silent, startWorld, users, type World } from "../world/server.ts";

const root = join(import.meta.dirname, "../..");
const list = ["metal.v1.PartitionService/List", '{"pageSize": 100}'];

/** How each is started, from the root of the project. */
const clients = {
  TypeScript: [process.execPath, "examples/clients/main.ts"],
  Python: ["python3", "examples/clients/main.py"],
  curl: ["sh", "examples/clients/call.sh", ...list],
} as const;

/** What a client needs from this machine. */
const needs = { TypeScript: [process.execPath], Python: ["python3"], curl: ["curl", "openssl"] };
const isThere = (program: string) =>
  spawnSync(program, [program === "openssl" ? "version" : "--version"]).status === 0;

let world: World;
beforeAll(async () => {
  world = await startWorld({ log: silent });
  for (const id of ["north", "south"])
    await world.client(PartitionService, "admin").create({ partition: { id } });
});
afterAll(() => world.close());

type Name = keyof typeof clients;

/** What a client prints, on both streams. */
function printed(name: Name, key: string): Promise<string> {
  const [program, ...args] = clients[name];
  const METAL_API_HMAC_AUTH_TYPE = users.view.type;
  const env = { METAL_API_URL: world.url, METAL_API_HMAC: key, METAL_API_HMAC_AUTH_TYPE };
  const options = { cwd: root, env: { ...process.env, ...env } };
  return new Promise((resolve) => {
    execFile(program, args, options, (_, out, err) => resolve(`${out}${err}`));
  });
}

describe.each(Object.keys(clients) as Name[])("the client in %s", (name) => {
  // Nothing has to be set up for the tests; who has no Python sees here what was not run.
  const tried = needs[name].every(isThere) ? test : test.skip;

  tried("is let in with its key", async () => {
    const secret = users.view.keys[0]?.secret ?? "";
    const text = await printed(name, secret);
    expect(text).toMatch(/north[^]*south/);
  });

  tried("tells why it is refused", async () => {
    expect(await printed(name, "another key")).toContain("BAD_CREDENTIAL");
  });
});

test("the known answers of the page are those of the server", () => {
  const page = readFileSync(join(root, "docs/integrate/clients.md"), "utf8");
  const row = /^\| `(.*)` \| `(\d{4}-.*Z)` \| `(.*)` \| `(.*)` \| `([0-9a-f]{64})` \|$/gm;
  const rows = Array.from(page.matchAll(row), ([, ...cells]) => cells);
  expect(rows.length).toBe(2);
  for (const [key = "", date = "", method = "", salt = "", mac] of rows) {
    expect(signHmac(Buffer.from(key), { date, method, salt }).toString("hex")).toBe(mac);
    expect(createHmac("sha256", key).update(`${date}${method}${salt}`).digest("hex")).toBe(mac);
  }
});
