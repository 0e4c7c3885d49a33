import { statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { hmacHeaders } from "../auth/signed.ts";
import { type RunningServer, runServer, startServer } from "./process.ts";

/** Each test goes on with what the one before it has left: a start is most of what a test of it takes. */
let server: RunningServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.remove());

async function call(procedure: string, message: object, user = "Metal-Admin") {
  const headers = hmacHeaders({ type: user, key: server.keys[user] ?? "" });
  headers.set("content-type", "application/json");
  const body = JSON.stringify(message);
  const response = await fetch(`${server.url}/${procedure}`, { method: "POST", headers, body });
  return response.json() as Promise<{ code?: string; tenant?: { name: string } }>;
}

test("a first start makes keys that only their owner can read, and serves with them", async () => {
  expect(statSync(join(server.data, "credentials.yaml")).mode & 0o777).toBe(0o600);
  expect(Object.keys(server.keys)).toEqual(["Metal-Admin", "Metal-Edit", "Metal-View"]);
  const tenant = { meta: { id: "a" }, name: "n" };
  expect((await call("metal.v1.TenantService/Create", { tenant })).tenant?.name).toBe("n");
  const refused = await call("metal.v1.TenantService/Create", { tenant }, "Metal-View");
  expect(refused.code).toBe("permission_denied");
});

test("a second server on the same data does not start, and says why", async () => {
  const { code, stderr } = await runServer(["--listen", "127.0.0.1:0", "--data", server.data]);
  expect(code).toBe(2);
  expect(stderr).toContain("metal-connect does not start:");
  expect(stderr).toContain(server.data);
});

test("a port that is taken is said in a sentence", async () => {
  const { host } = new URL(server.url);
  const { code, stderr } = await runServer(["--listen", host, "--data", `${server.data}/other`]);
  expect(code).toBe(2);
  expect(stderr).toContain(`listen: ${host} is taken; `);
});

const used = new Headers();

/** Creates a tenant with a credential that is always the same. */
async function createTenant(id: string): Promise<number> {
  const body = JSON.stringify({ tenant: { meta: { id }, name: id } });
  const target = `${server.url}/metal.v1.TenantService/Create`;
  return (await fetch(target, { method: "POST", headers: used, body })).status;
}

test("what was answered is there after the process was killed, and so are the keys", async () => {
  const { keys } = server;
  used.set("content-type", "application/json");
  hmacHeaders({ type: "Metal-Admin", key: keys["Metal-Admin"] ?? "" }).forEach((value, name) =>
    used.set(name, value),
  );
  expect(await createTenant("b")).toBe(200);
  await server.end("SIGKILL");
  server = await server.again();
  expect(server.keys).toEqual(keys);
  expect((await call("metal.v1.TenantService/Get", { id: "b" })).tenant?.name).toBe("b");
});

test("a credential that was used before the process was killed is not good for another call after", async () => {
  expect(await createTenant("c")).toBe(401);
  expect(await createTenant("b")).toBe(401);
});

test("SIGTERM ends the process with status 0, and so does SIGINT", async () => {
  expect(await server.end("SIGTERM")).toBe(0);
  server = await server.again();
  expect(await server.end("SIGINT")).toBe(0);
});

test("all wrong settings are listed at once, without their secrets, and nothing is served", async () => {
  const environment = { METAL_HMAC_ADMIN_KEY: "must-be-changed", METAL_LISTNE: "x" };
  const { code, stderr } = await runServer(["--log-level", "loud"], environment);
  expect(code).toBe(2);
  for (const name of ["hmac-admin-key", "METAL_LISTNE", "log-level"])
    expect(stderr).toContain(name);
  expect(stderr).not.toContain("must-be-changed");
});

test("--check says what is wrong with the settings, or that nothing is, and starts nothing", async () => {
  const right = await runServer(["--check", "--data", "/nowhere"]);
  expect(right).toEqual({ code: 0, stdout: "the settings are fine\n", stderr: "" });
  const wrong = await runServer(["--check", "--listen", "10.0.0.1:80", "--hmac-view-key", "short"]);
  expect(wrong).toMatchObject({ code: 2, stdout: "" });
  expect(wrong.stderr).toContain("listen: other machines reach 10.0.0.1");
  expect(wrong.stderr).toContain("hmac-view-key: has 5 bytes");
});

test("--help and --version answer without starting anything", async () => {
  const help = await runServer(["--help"]);
  expect(help).toMatchObject({ code: 0, stderr: "" });
  expect(help.stdout).toContain("--listen");
  expect((await runServer(["--version"])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});
