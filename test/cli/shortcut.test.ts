// whoami, can-i, health, version.
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { HealthStatus } from "../../gen/metal/v1/health_pb.ts";
import { UsageError } from "../../src/cli/errors.ts";
import { proceduresOf } from "../../src/cli/can-i.ts";
import { isOlder } from "../../src/cli/version.ts";
import { type MemoryServer, startServer } from "./memory-server.ts";
import { openTerminal, type Terminal } from "./terminal.ts";

let server: MemoryServer;
let terminal: Terminal;
beforeAll(async () => {
  server = await startServer();
  terminal = await openTerminal(server, "Metal-View");
});
afterAll(async () => {
  await terminal.close();
  await server.stop();
});

test("whoami says what the server sees, in every format", async () => {
  const { out } = await terminal.metal("whoami");
  expect(out.split("\n")).toEqual([
    "id               hmac:Metal-View",
    "name             Metal-View",
    "role             viewer",
    "credential kind  hmac",
    "",
  ]);
  expect((await terminal.metal("whoami -o yaml")).out).toContain("role: viewer\n");
  expect(JSON.parse((await terminal.metal("whoami -o json")).out)).toMatchObject({
    role: "viewer",
  });
});

describe("can-i", () => {
  test("says yes with status 0 and no with status 3, with the role that is needed", async () => {
    expect(await terminal.metal("can-i size list")).toEqual({
      code: 0,
      out: "yes: metal.v1.SizeService/List needs role Viewer\n",
      err: "",
    });
    expect(await terminal.metal("can-i size list SizeService/Create")).toEqual({
      code: 3,
      out:
        "yes: metal.v1.SizeService/List needs role Viewer\n" +
        "no: metal.v1.SizeService/Create needs role Admin\n",
      err: "",
    });
    const table = await terminal.metal("can-i size create -o wide --no-headers");
    expect([table.code, table.out]).toEqual([
      3,
      "metal.v1.SizeService/Create  admin  no  ROLE_TOO_LOW\n",
    ]);
  });

  test.each([
    [["metal.v1.SizeService/Create"], ["metal.v1.SizeService/Create"]],
    [["SizeService/Create"], ["metal.v1.SizeService/Create"]],
    [["size/create"], ["metal.v1.SizeService/Create"]],
    [["size", "create"], ["metal.v1.SizeService/Create"]],
    [["Size", "CreateReservation"], ["metal.v1.SizeService/CreateReservation"]],
    [
      ["image", "get-latest", "access/who-am-i"],
      ["metal.v1.ImageService/GetLatest", "metal.v1.AccessService/WhoAmI"],
    ],
    [["filesystemlayout", "list"], ["metal.v1.FilesystemLayoutService/List"]],
    [["other.v1.ThingService/Do"], ["other.v1.ThingService/Do"]],
  ])("understands %j", (words, expected) => {
    expect(proceduresOf(words)).toEqual(expected);
  });

  test.each([
    [["size"], /"size" needs a verb/],
    [["size", "paint"], /no RPC "size\/paint"; there are: get, list, /],
    [["house", "list"], /no RPC "house\/list"; there are: access, audit, /],
  ])("does not understand %j", (words, message) => {
    expect(() => proceduresOf(words)).toThrow(UsageError);
    expect(() => proceduresOf(words)).toThrow(message);
  });
});

describe("health", () => {
  test.each([
    [HealthStatus.HEALTHY, 0, "healthy"],
    [HealthStatus.UNHEALTHY, 1, "unhealthy"],
    [HealthStatus.UNSPECIFIED, 1, ""],
  ] as const)("status %d ends with %d", async (status, code, word) => {
    server.health.status = status;
    const outcome = await terminal.metal("health --no-headers");
    expect([outcome.code, outcome.out]).toEqual([
      code,
      `server  ${word}`.trimEnd() + `\nstore   ${word}`.trimEnd() + "\n",
    ]);
    expect((await terminal.metal("health -o json")).code).toBe(code);
    server.health.status = HealthStatus.HEALTHY;
  });

  test("its RPC is a verb beside it", async () => {
    expect((await terminal.metal("health get")).out).toMatch(/^status: healthy\ncomponents:\n/);
  });
});

describe("version", () => {
  test("shows client and server", async () => {
    const { out } = await terminal.metal("version -o json");
    expect(JSON.parse(out)).toEqual({
      client: expect.stringMatching(/^\d+\.\d+\.\d+/),
      server: "9.8.7",
      "api-url": server.url,
      rules: "abc",
    });
  });

  test("of this program alone needs no server", async () => {
    for (const line of ["--version", "version --client"])
      expect(await terminal.metal(line, { env: {} })).toEqual({
        code: 0,
        out: expect.stringMatching(/^client {2}\d+\.\d+\.\d+\n$/),
        err: "",
      });
  });

  test.each([
    ["0.1.0", "0.1.0", false],
    ["0.1.0", "0.2.0", true],
    ["0.10.0", "0.9.0", false],
    ["1.0.0", "0.9.9", false],
    ["0.9.9", "1.0.0", true],
    ["0.1.0", "", false],
    ["0.1.0-rc.1", "0.1.0", false],
  ])("%s is older than %s: %j", (version, least, expected) => {
    expect(isOlder(version, least)).toBe(expected);
  });
});
