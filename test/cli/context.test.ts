// Contexts: names for servers, with their credentials, in a file of one's own.
import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { openTerminal, type Terminal } from "./terminal.ts";

let terminal: Terminal;
beforeEach(async () => void (terminal = await openTerminal()));
afterEach(() => terminal.close());

const folder = () => join(terminal.folder, "config", "metal");
const add = async (name: string, flags: string) =>
  await terminal.metal(`context add ${name} --api-url https://${name}.example ${flags}`);

async function addThree(): Promise<void> {
  await add("prod", "--hmac k1 --hmac-auth-type Metal-View");
  await add("test", "--token t2");
  await add("lab", "");
}

describe("the file", () => {
  test("holds what was added, and only its owner can read it", async () => {
    await addThree();
    expect(await readFile(join(folder(), "config.yaml"), "utf8")).toBe(
      [
        "current: prod",
        "contexts:",
        "  prod:",
        "    api-url: https://prod.example",
        "    hmac: k1",
        "    hmac-auth-type: Metal-View",
        "  test:",
        "    api-url: https://test.example",
        "    token: t2",
        "  lab:",
        "    api-url: https://lab.example",
        "",
      ].join("\n"),
    );
    expect((await stat(join(folder(), "config.yaml"))).mode & 0o777).toBe(0o600);
    expect((await stat(folder())).mode & 0o777).toBe(0o700);
    expect(await readdir(folder())).toEqual(["config.yaml"]);
  });

  test("is below ~/.config without XDG_CONFIG_HOME", async () => {
    const env = { HOME: terminal.folder };
    await terminal.metal("context add a --api-url http://a", { env });
    expect(await readdir(join(terminal.folder, ".config", "metal"))).toEqual(["config.yaml"]);
  });

  test.each([
    ["contexts: {a: {token: s3cret}}", /context "a" has no api-url/],
    ["token: 's3cret", /config\.yaml: is not YAML/],
    ["- s3cret", /config\.yaml: must be a mapping/],
  ])("with %j in it is an error that shows no secret", async (text, message) => {
    await mkdir(folder(), { recursive: true });
    await writeFile(join(folder(), "config.yaml"), text);
    const { code, err } = await terminal.metal("context list");
    expect(code).toBe(1);
    expect(err).toMatch(message);
    expect(err).not.toContain("s3cret");
  });
});

describe("switching", () => {
  test("use, the one before, and back", async () => {
    await addThree();
    const current = async () => (await terminal.metal("context short")).out;
    expect(await current()).toBe("prod\n");
    for (const [line, expected] of [
      ["context use test", "test\n"],
      ["context -", "prod\n"],
      ["context -", "test\n"],
      ["context lab", "lab\n"],
      ["context use lab", "lab\n"],
      ["context use -", "test\n"],
    ] as const) {
      expect((await terminal.metal(line)).code).toBe(0);
      expect([line, await current()]).toEqual([line, expected]);
    }
  });

  test("add --use switches at once", async () => {
    await addThree();
    expect((await add("fourth", "--use")).out).toBe(
      'added context "fourth", which is now in use\n',
    );
    expect((await terminal.metal("context short")).out).toBe("fourth\n");
  });

  test("to what is not there is wrong usage", async () => {
    expect(await terminal.metal("context -")).toMatchObject({
      code: 2,
      err: "there is no context before this one\n",
    });
    await addThree();
    expect(await terminal.metal("context use nope")).toMatchObject({
      code: 2,
      err: 'no context "nope"; there are: prod, test, lab\n',
    });
  });
});

test("list and show name the type of the key, never the secret", async () => {
  await addThree();
  const { out } = await terminal.metal("context");
  expect(out.split("\n")).toEqual([
    "   NAME  API URL               CREDENTIAL",
    "*  prod  https://prod.example  HMAC Metal-View",
    "   test  https://test.example  token",
    "   lab   https://lab.example   none",
    "",
  ]);
  expect((await terminal.metal("context list")).out).toBe(out);
  expect((await terminal.metal("context show")).out).toBe(
    "name: prod\napi-url: https://prod.example\ncredential: HMAC Metal-View\n",
  );
});

test("removing the current one leaves none, and a new one is used at once", async () => {
  await addThree();
  await terminal.metal("context use test");
  await terminal.metal("context remove test");
  expect((await terminal.metal("context short")).out).toBe("");
  expect(await terminal.metal("context show")).toMatchObject({ code: 2 });
  await terminal.metal("context use prod");
  expect((await terminal.metal("context -")).code).toBe(2);
});

test.each([
  ["a", /needs --api-url/],
  ["a --api-url nowhere", /not an http or https URL/],
  ["a --api-url http://x --hmac k", /--hmac needs --hmac-auth-type/],
  ["a --api-url http://x --hmac k --hmac-auth-type T --token t", /not both/],
  ["- --api-url http://x", /"-" cannot be a context/],
  ["a/b --api-url http://x", /"a\/b" cannot be a context/],
  ["__proto__ --api-url http://x", /cannot be a context/],
])("context add %s is wrong usage", async (line, message) => {
  const { code, err } = await terminal.metal(`context add ${line}`);
  expect(code).toBe(2);
  expect(err).toMatch(message);
});
