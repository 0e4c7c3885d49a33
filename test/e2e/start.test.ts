import { statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "@jest/globals";
import { hmacHeaders } from "../auth/signed.ts";
import { type RunningServer, runServer, startServer } from "./process.ts";

let running: RunningServer[] = [];
afterEach(async () => {
  await Promise.all(running.map((server) => server.remove()));
  running = [];
});
const keep = (server: RunningServer): RunningServer => {
  running.push(server);
  return server;
};

async function call(
  server: RunningServer,
  procedure: string,
  message: object,
  user = "Metal-Admin",
) {
  const headers = hmacHeaders({ type: user, key: server.keys[user] ?? "" });
  headers.set("content-type", "application/json");
  const body = JSON.stringify(message);
  const response = await fetch(`${server.url}/${procedure}`, { method: "POST", headers, body });
  return response.json() as Promise<{ code?: string; tenant?: { name: string } }>;
}

test("a first start makes keys that only their owner can read, and serves with them", async () => {
  const server = keep(await startServer());
  expect(statSync(join(server.data, "credentials.yaml")).mode & 0o777).toBe(0o600);
  expect(Object.keys(server.keys)).toEqual(["Metal-Admin", "Metal-Edit", "Metal-View"]);
  const tenant = { meta: { id: "a" }, name: "n" };
  expect((await call(server, "metal.v1.TenantService/Create", { tenant })).tenant?.name).toBe("n");
  const refused = await call(server, "metal.v1.TenantService/Create", { tenant }, "Metal-View");
  expect(refused.code).toBe("permission_denied");
});

test("what was answered is there after the process was killed, and so are the keys", async () => {
  const server = keep(await startServer());
  const tenant = { meta: { id: "a" }, name: "n" };
  await call(server, "metal.v1.TenantService/Create", { tenant });
  await server.end("SIGKILL");
  const again = keep(await server.again());
  expect(again.keys).toEqual(server.keys);
  expect((await call(again, "metal.v1.TenantService/Get", { id: "a" })).tenant?.name).toBe("n");
});

test.each(["SIGTERM", "SIGINT"] as const)("%s ends the process with status 0", async (signal) => {
  const server = keep(await startServer());
  expect(await server.end(signal)).toBe(0);
});

test("a credential that was used before the process was killed is not good for another call after", async () => {
  const server = keep(await startServer());
  const headers = hmacHeaders({ type: "Metal-Admin", key: server.keys["Metal-Admin"] ?? "" });
  headers.set("content-type", "application/json");
  const createAt = async ({ url }: RunningServer, id: string) => {
    const body = JSON.stringify({ tenant: { meta: { id }, name: "n" } });
    const target = `${url}/metal.v1.TenantService/Create`;
    return (await fetch(target, { method: "POST", headers, body })).status;
  };
  expect(await createAt(server, "a")).toBe(200);
  await server.end("SIGKILL");
  const again = keep(await server.again());
  expect(await createAt(again, "b")).toBe(401);
  expect(await createAt(again, "a")).toBe(401);
});

test("a second server on the same data does not start, and says why", async () => {
  const server = keep(await startServer());
  const { code, stderr } = await runServer(["--listen", "127.0.0.1:0", "--data", server.data]);
  expect(code).toBe(2);
  expect(stderr).toContain("metal-connect does not start:");
  expect(stderr).toContain(server.data);
});

test("a port that is taken is said in a sentence", async () => {
  const server = keep(await startServer());
  const { host } = new URL(server.url);
  const { code, stderr } = await runServer(["--listen", host, "--data", `${server.data}/other`]);
  expect(code).toBe(2);
  expect(stderr).toContain(`listen: ${host} is taken; `);
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
