import { afterEach, describe, expect, test } from "@jest/globals";
import { createHeadscale, userName } from "../../src/vpn/headscale.ts";
import { failure } from "../world/failure.ts";
import { type HeadscaleServer, startHeadscale, type Version } from "./headscale-server.ts";

let server: HeadscaleServer;
afterEach(() => server.close());

const vpn = (changes: object = {}) => createHeadscale({ ...server.settings, ...changes });
const expiresAt = new Date("2030-01-01T00:00:00Z");
const request = { projectId: "shop", ephemeral: true, expiresAt };

describe.each<Version>(["0.26", "0.30"])("headscale %s", (version) => {
  test("makes a user for a project once, and a key of its own each time", async () => {
    server = await startHeadscale(version);
    const first = await vpn().createAuthKey(request);
    const second = await vpn().createAuthKey({ ...request, ephemeral: false });
    expect([first.key, second.key]).toEqual(["secret 1", "secret 2"]);
    expect(server.users).toEqual([{ id: "1", name: "shop" }]);
    expect(server.keys).toMatchObject([
      { reusable: false, ephemeral: true, expiration: "2030-01-01T00:00:00.000Z", user: "1" },
      { reusable: false, ephemeral: false },
    ]);
  });

  test("makes one user when two ask at once", async () => {
    server = await startHeadscale(version);
    await Promise.all([vpn().createAuthKey(request), vpn().createAuthKey(request)]);
    expect([server.users.length, server.keys.length]).toEqual([1, 2]);
  });

  test("revokes exactly the key that is named", async () => {
    server = await startHeadscale(version);
    await vpn().createAuthKey(request);
    await vpn().revokeAuthKey(await vpn().createAuthKey(request));
    expect(server.keys.map(({ expiration }) => new Date(expiration).getFullYear())).toEqual([
      2030, 1970,
    ]);
  });

  test("tells nodes by their project, and puts them out", async () => {
    server = await startHeadscale(version);
    const user = { id: "1", name: userName("4711") };
    server.nodes.push({ id: "7", name: "m", user, online: true, ipAddresses: ["100.64.0.1"] });
    const node = { id: "7", name: "m", projectId: "4711", online: true, ips: ["100.64.0.1"] };
    expect(await vpn().nodes()).toEqual([node]);
    await vpn().deleteNode("7");
    await vpn().deleteNode("7");
    expect(await vpn().nodes()).toEqual([]);
  });
});

describe("a failure", () => {
  test.each([
    ["a wrong key", () => ({ apiKey: "another" }), "refuses"],
    ["a server that is not there", () => ({ url: "http://127.0.0.1:1" }), "does not answer"],
    ["a server that is another", () => ({ url: `${server.settings.url}/x` }), "refuses"],
  ])("for %s is no fault of the caller, and says nothing of the key", async (_, changes, text) => {
    server = await startHeadscale();
    const refused = await failure(vpn(changes()).createAuthKey(request));
    expect(refused).toBe(`Unavailable: the server of the VPN ${text}`);
  });

  test("of the server is unavailable", async () => {
    server = await startHeadscale();
    server.broken = true;
    for (const call of [vpn().createAuthKey(request), vpn().nodes(), vpn().deleteNode("1")])
      expect(await failure(call)).toBe("Unavailable: the server of the VPN refuses");
  });
});

test("every project has a user of its own with a name that headscale takes", async () => {
  server = await startHeadscale();
  const ids = ["a", "ab", "4711", "project-4711", "project-project-4711", "project-", "Ab_c.d"];
  const names = ids.map(userName);
  expect(new Set(names).size).toBe(ids.length);
  for (const projectId of ids) await vpn().createAuthKey({ ...request, projectId });
  expect(server.users.map(({ name }) => name)).toEqual(names);
  expect(names[1]).toBe("ab");
});
