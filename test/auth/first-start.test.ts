// Keys that a server makes for itself: once, whole, and for nobody else's eyes.
import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { parse } from "yaml";
import { firstStart, recordApiUrl } from "../../src/auth/first-start.ts";
import { createHmacAuthenticator } from "../../src/auth/hmac.ts";
import { userProblems } from "../../src/auth/key-rules.ts";
import { Role } from "../../src/rbac/role.ts";
import { hmacHeaders, requestWith } from "./signed.ts";

let data: string;
let path: string;
beforeEach(async () => {
  data = join(await mkdtemp(join(tmpdir(), "metal-first-start-")), "data");
  path = join(data, "credentials.yaml");
});
afterEach(() => rm(join(data, ".."), { recursive: true }));

const apiUrl = "http://127.0.0.1:8080";
const start = () => firstStart({ data, apiUrl, windowSeconds: (role) => 10 * role });

async function existing(text: string, mode = 0o600) {
  await mkdir(data);
  await writeFile(path, text);
  await chmod(path, mode);
}

const modeOf = async (of: string) => (await stat(of)).mode & 0o777;

describe("the first start", () => {
  test("makes the three default users, each with a key of its own that the rules accept", async () => {
    const { users, created } = await start();
    expect(created).toBe(true);
    expect(users.map(({ type, role, windowSeconds }) => [type, role, windowSeconds])).toEqual([
      ["Metal-Admin", Role.ADMIN, 50],
      ["Metal-Edit", Role.EDITOR, 40],
      ["Metal-View", Role.VIEWER, 30],
    ]);
    const secrets = users.flatMap(({ keys }) => keys.map(({ secret }) => secret));
    expect(secrets.map((secret) => Buffer.from(secret, "base64url").length)).toEqual([32, 32, 32]);
    expect(userProblems(users.map((user) => ({ place: "", keyPlaces: [], user })))).toEqual([]);
  });

  test("writes them down for the CLI, for nobody else to read", async () => {
    const { users, path: written } = await start();
    expect(written).toBe(path);
    expect([await modeOf(data), await modeOf(path)]).toEqual([0o700, 0o600]);
    expect(parse(await readFile(path, "utf8"))).toEqual({
      "api-url": apiUrl,
      users: users.map(({ name, type, keys }) => ({ name, type, key: keys[0]?.secret })),
    });
  });

  test("leaves nothing else behind", async () => {
    await start();
    expect(await readdir(data)).toEqual(["credentials.yaml"]);
  });

  test("makes other keys elsewhere", async () => {
    const first = await start();
    await rm(data, { recursive: true });
    expect((await start()).users).not.toEqual(first.users);
  });

  test("gives keys that work", async () => {
    const { users } = await start();
    const key = users[0]?.keys[0]?.secret ?? "";
    const request = requestWith(hmacHeaders({ type: "Metal-Admin", key }));
    const principal = await createHmacAuthenticator(users).authenticate(request);
    expect(principal).toMatchObject({ role: Role.ADMIN, credential: { keyId: "first-start" } });
  });

  test("of several processes at once ends with one set of keys", async () => {
    const starts = await Promise.all(Array.from({ length: 8 }, start));
    expect(starts.filter(({ created }) => created)).toHaveLength(1);
    expect(new Set(starts.map(({ users }) => JSON.stringify(users))).size).toBe(1);
    expect(await readdir(data)).toEqual(["credentials.yaml"]);
  });
});

describe("a later start", () => {
  test("finds the same users", async () => {
    const { users } = await start();
    expect(await start()).toEqual({ users, path, created: false });
  });

  test("takes fewer users where the file was cut down", async () => {
    const key = "k".repeat(43);
    await existing(`users:\n  - {name: Metal-View, type: Metal-View, key: ${key}}\n`);
    expect((await start()).users.map(({ name }) => name)).toEqual(["Metal-View"]);
  });

  test("reads a key of digits as the text it is", async () => {
    const key = `0${"1".repeat(39)}`;
    await existing(`users:\n  - {name: Metal-View, type: Metal-View, key: ${key}}\n`);
    expect((await start()).users[0]?.keys[0]?.secret).toBe(key);
  });

  test.each([0o640, 0o604, 0o660, 0o644, 0o610, 0o601])("refuses mode %o", async (mode) => {
    await start();
    await chmod(path, mode);
    await expect(start()).rejects.toMatchObject({
      name: "SetupError",
      message: `${path}: has mode 0${mode.toString(8)}: others have access to the keys; run chmod 600 ${path}`,
    });
  });

  const list = (entry: string) => `users:\n  - ${entry}\n`;
  const remedy = "restore the file, or move it away to get new keys, or configure keys";
  const long = "k".repeat(43);
  const unusable = [
    ["nothing", "", "FILE: lists no users"],
    ["no list", "users: x", "FILE: lists no users"],
    ["broken YAML", "users: [sEcReT", "FILE: lists no users"],
    [
      "a user that is none",
      list("x"),
      "users[0] in FILE: is no {name, type, key} of a default user",
    ],
    [
      "a user without key",
      list("{name: Metal-View, type: Metal-View}"),
      "users[0] in FILE: is no {name, type, key} of a default user",
    ],
    [
      "an unknown type",
      list(`{name: Root, type: Root, key: ${long}}`),
      "users[0] in FILE: is no {name, type, key} of a default user",
    ],
  ] as const;

  test.each(unusable)("refuses a file with %s, and leaves it alone", async (_, text, problem) => {
    await existing(text);
    const message = `${problem.replace("FILE", path)}; ${remedy}`;
    await expect(start()).rejects.toMatchObject({ name: "SetupError", message });
    expect(await readFile(path, "utf8")).toBe(text);
  });

  test("refuses keys that no setting could have", async () => {
    await existing(list("{name: Metal-View, type: Metal-View, key: metal-view}"));
    await expect(start()).rejects.toThrow(/users\[0\] in .*: is a publicly known key/);
  });

  test("does not write through a link that leads nowhere", async () => {
    await mkdir(data);
    await symlink(join(data, "elsewhere"), path);
    await expect(start()).rejects.toMatchObject({ name: "SetupError" });
    expect(await readdir(data)).toEqual(["credentials.yaml"]);
  });
});

test("a data folder that cannot be made is a problem with a remedy", async () => {
  await writeFile(data, "a file in its place");
  await expect(start()).rejects.toMatchObject({
    name: "SetupError",
    message:
      "data: cannot hold credentials.yaml (EEXIST); name a folder that this process may write, or configure keys",
  });
  await rm(data);
});

describe("the recorded address", () => {
  test("follows the server; users and comments stay", async () => {
    const { users } = await start();
    await writeFile(path, `${await readFile(path, "utf8")}# mine\n`);
    await recordApiUrl(data, "http://127.0.0.1:9090");
    const text = await readFile(path, "utf8");
    expect(parse(text)["api-url"]).toBe("http://127.0.0.1:9090");
    expect(text).toMatch(/^# Written by metal-connect[^]*# mine\n$/);
    expect(await modeOf(path)).toBe(0o600);
    expect((await start()).users).toEqual(users);
  });

  test("is not written where it is right, or where there is no file", async () => {
    await start();
    const before = await stat(path);
    await recordApiUrl(data, apiUrl);
    expect((await stat(path)).ino).toBe(before.ino);
    await rm(path);
    await recordApiUrl(data, apiUrl);
    expect(await readdir(data)).toEqual([]);
  });
});
