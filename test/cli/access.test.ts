// access list, who-can, can-i --as, explain, advise: against a real server.
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { rules } from "../../gen/rbac/rules.ts";
import { startWorld, type World } from "../world/server.ts";
import { openRealTerminal, type RealTerminal } from "./real-terminal.ts";

let world: World;
let terminal: RealTerminal;
beforeAll(async () => {
  world = await startWorld();
  terminal = await openRealTerminal(world);
});
afterAll(async () => {
  await terminal.close();
  await world.close();
});

const admin = "note: using Metal-Admin in data/credentials.yaml, with role Admin\n";

describe("access list", () => {
  test("prints a service's RPCs below the least role that may call them", async () => {
    expect(await terminal.metal("access list partition")).toEqual({
      code: 0,
      out:
        "SERVICE                    PUBLIC  AUTHENTICATED  VIEWER       EDITOR  ADMIN\n" +
        "metal.v1.PartitionService                         Get                  Create\n" +
        "                                                  GetCapacity          Delete\n" +
        "                                                  List                 Update\n",
      err: "",
    });
  });

  test("has a row for every service, and names the components of an RPC", async () => {
    const { out } = await terminal.metal("access list --no-headers");
    const first = out.split("\n").map((line) => line.split(" ")[0]);
    const services = Object.keys(rules).map((procedure) => procedure.split("/")[1]);
    expect(first.filter((word) => word !== "")).toEqual(
      [...new Set(services)].toSorted((a = "", b = "") => (a < b ? -1 : 1)),
    );
    expect(out).toContain("Boot (pixiecore)");
  });

  test("prints RPCs and roles with -o wide, and what the caller may", async () => {
    const { out } = await terminal.metal("access list UserService -o wide");
    expect(out).toBe(
      "RPC                          VIEWER  EDITOR  ADMIN  YOU  ONLY\n" +
        "metal.v1.UserService/Create  -       -       yes    -\n" +
        "metal.v1.UserService/GetMe   yes     yes     yes    yes\n" +
        "metal.v1.UserService/List    -       -       yes    -\n" +
        "metal.v1.UserService/Revoke  -       -       yes    -\n" +
        "metal.v1.UserService/Rotate  -       -       yes    -\n",
    );
  });

  test("prints only what the caller may with --mine, and the rules themselves as JSON", async () => {
    const { out } = await terminal.metal("access list metal.v1.TenantService --mine -o json");
    expect(JSON.parse(out).map((decision: { rule: unknown }) => decision.rule)).toMatchObject([
      { procedure: "metal.v1.TenantService/Get", minRole: "viewer" },
      { procedure: "metal.v1.TenantService/List", minRole: "viewer" },
    ]);
  });

  test("names the services there are when there is none of that name", async () => {
    const { code, err } = await terminal.metal("access list imagination");
    expect([code, err]).toEqual([
      2,
      expect.stringContaining('no service "imagination"; there are'),
    ]);
  });
});

test("who-can names roles, users and the place of the rule", async () => {
  const { code, out } = await terminal.metal("who-can size create-reservation");
  expect(code).toBe(0);
  expect(out.split("\n")).toEqual([
    "rpc     metal.v1.SizeService/CreateReservation",
    "roles   Editor, Admin",
    "users   Metal-Admin, Metal-Edit",
    "groups  none",
    expect.stringMatching(/^rule {4}proto\/metal\/v1\/size\.proto:\d+$/),
    "",
  ]);
  expect((await terminal.metal("who-can boot boot")).code).toBe(2);
  expect((await terminal.metal("who-can size get size create")).code).toBe(2);
});

describe("can-i --as", () => {
  test("asks for another user, as the weakest identity that may ask", async () => {
    expect(await terminal.metal("can-i size create --as Metal-Admin")).toEqual({
      code: 0,
      out: "yes: metal.v1.SizeService/Create needs role Admin\n",
      err: "",
    });
    expect(await terminal.metal("can-i size create --as Metal-Edit")).toMatchObject({ code: 3 });
  });

  test("is for checks only: no other command takes it", async () => {
    const { code, err } = await terminal.metal("size list --as Metal-Admin");
    expect([code, err]).toEqual([2, expect.stringContaining("unknown option '--as'")]);
  });
});

/** The trace id of a command that is refused. */
async function refused(line: string): Promise<string> {
  const { code, err } = await terminal.metal(line);
  expect(code).toBe(3);
  return /trace id: (\w+)/.exec(err)?.[1] ?? "none";
}

describe("explain", () => {
  test("tells the refused caller the rule, its place and what would do, without Admin", async () => {
    const trace = await refused("partition delete north --user Metal-Edit");
    const { code, out, err } = await terminal.metal(`explain ${trace}`);
    expect([code, err]).toEqual([0, ""]);
    expect(out.split("\n")).toEqual([
      "call        metal.v1.PartitionService/Delete",
      `trace id    ${trace}`,
      expect.stringMatching(/^time {8}\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      "caller      hmac:Metal-Edit with role Editor",
      "credential  hmac: HMAC key of Metal-Edit (test)",
      expect.stringMatching(/^rule {8}needs role Admin, proto\/metal\/v1\/partition\.proto:\d+$/),
      "decision    refused, ROLE_TOO_LOW",
      "because     metal.v1.PartitionService/Delete needs role Admin, the caller had Editor",
      "would do    an identity with role Admin",
      "",
    ]);
  });

  test("tells an Admin of everybody's calls, and says that it is used", async () => {
    const trace = await refused("image list --hmac wrong --hmac-auth-type Metal-View");
    const { out, err } = await terminal.metal(`explain ${trace}`);
    expect(err).toBe(admin);
    expect(out).toContain("caller      not identified\n");
    expect(out).toContain("decision    refused, BAD_CREDENTIAL\n");
    expect(out).toContain("users       Metal-Admin, Metal-Edit, Metal-View\n");
    expect(out).toMatch(/\ndetail {6}\w+/);
    const other = await terminal.metal(`explain ${trace} --user Metal-View`);
    expect([other.code, other.err]).toEqual([
      1,
      `call "${trace}": no record of a call "${trace}" that you may see (not_found)\n`,
    ]);
  });
});

describe("advise", () => {
  beforeAll(async () => {
    await terminal.close();
    await world.close();
    world = await startWorld();
    terminal = await openRealTerminal(world);
  });

  test("tells which role would be enough for what was called", async () => {
    await terminal.metal("size list --user Metal-Edit");
    await terminal.metal("size list --user Metal-Edit");
    await terminal.metal("tenant list --user Metal-Admin");
    const { code, out, err } = await terminal.metal("advise --since 2d");
    expect([code, err]).toEqual([0, admin]);
    const line = out.split("\n").find((text) => text.startsWith("hmac:Metal-Edit"));
    expect(line?.split(/ {2,}/)).toEqual([
      "hmac:Metal-Edit",
      "Editor",
      "Viewer",
      "1",
      expect.stringMatching(/^\d+$/),
      "metal.v1.SizeService/List",
    ]);
  });

  test("tells of one identity what it called, how often, and what it never called", async () => {
    const { out } = await terminal.metal("advise --user Metal-Edit");
    expect(out).toMatch(/^hmac:Metal-Edit holds Editor and Viewer would be enough, by its calls/);
    expect(out).toMatch(/\nmetal\.v1\.SizeService\/List +Viewer +2\n/);
    expect(out).toMatch(/\nNEVER CALLED +NEEDS\n.+ Editor\n/);
    const json = JSON.parse((await terminal.metal("advise --user hmac:Metal-Edit -o json")).out);
    expect(json).toMatchObject([
      { principal: "hmac:Metal-Edit", held: "editor", enough: "viewer", used: [{ count: 2 }] },
    ]);
  });

  test("says when nothing was counted, and needs Admin", async () => {
    const { code, err } = await terminal.metal("advise --user nobody-knows");
    expect([code, err]).toEqual([1, expect.stringContaining('"nobody-knows" called nothing')]);
    const weak = await terminal.metal("advise --hmac x --hmac-auth-type Metal-View");
    expect(weak.code).toBe(3);
    expect((await terminal.metal("advise --since yesterday")).code).toBe(2);
  });
});

test("a context with the key of Metal-Admin says so when Admin is needed, and not before", async () => {
  const context = ["--api-url", world.url, "--hmac-auth-type", "Metal-Admin"];
  await terminal.metal(["context", "add", "prod", ...context, "--hmac", "key of Metal-Admin"]);
  expect(await terminal.metal("tenant list --no-headers")).toMatchObject({ code: 0, err: "" });
  const { code, err } = await terminal.metal("partition create --id south");
  expect([code, err]).toEqual([0, "note: using context prod, hmac, with role Admin\n"]);
  await terminal.metal("context remove prod");
});
