// Which server is called, and as whom.
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { keys, type MemoryServer, startServer } from "./memory-server.ts";
import { access, openTerminal, type Terminal } from "./terminal.ts";

let server: MemoryServer;
let terminal: Terminal;
beforeAll(async () => void (server = await startServer()));
afterAll(() => server.stop());
beforeEach(async () => {
  server.calls.length = 0;
  terminal = await openTerminal();
});
afterEach(() => terminal.close());

/** Who the last call was made as; undefined for nobody. */
const lastUser = () => server.calls.at(-1)?.headers.authorization?.split(" ")[0];
const flags = (type: keyof typeof keys) => `--hmac ${keys[type]} --hmac-auth-type ${type}`;
const home = () => ({ HOME: terminal.folder, XDG_CONFIG_HOME: join(terminal.folder, "config") });

async function credentials(apiUrl: string, users: string, folder = "data"): Promise<void> {
  await mkdir(join(terminal.folder, folder), { recursive: true });
  const text = `api-url: ${apiUrl}\nusers:\n${users}`;
  await writeFile(join(terminal.folder, folder, "credentials.yaml"), text, { mode: 0o600 });
}

const threeUsers = Object.entries(keys)
  .map(([type, key]) => `  - {name: ${type}, type: ${type}, key: ${key}}\n`)
  .toReversed()
  .join("");

describe("precedence", () => {
  test("flags before environment before context before the server's own file", async () => {
    await credentials(server.url, threeUsers);
    await terminal.metal("size list");
    expect(lastUser()).toBe("Metal-View");

    await terminal.metal(`context add prod --api-url ${server.url} ${flags("Metal-Edit")}`);
    await terminal.metal("size list");
    expect(lastUser()).toBe("Metal-Edit");

    const env = { ...home(), ...access(server, "Metal-Admin") };
    await terminal.metal("size list", { env });
    expect(lastUser()).toBe("Metal-Admin");

    await terminal.metal(`size list ${flags("Metal-View")}`, { env });
    expect(lastUser()).toBe("Metal-View");
  });

  test("--context beats the current one", async () => {
    await terminal.metal(`context add a --api-url ${server.url} ${flags("Metal-Edit")}`);
    await terminal.metal(`context add b --api-url ${server.url} --token t.o.k`);
    await terminal.metal("size list");
    expect(lastUser()).toBe("Metal-Edit");
    await terminal.metal("size list --context b");
    expect(server.calls.at(-1)?.headers.authorization).toBe("Bearer t.o.k");
    expect(await terminal.metal("size list --context c")).toMatchObject({
      code: 2,
      err: 'no context "c"; there are: a, b\n',
    });
  });

  test("a token of the environment is sent as a bearer token", async () => {
    await terminal.metal("size list", {
      env: { METAL_API_URL: server.url, METAL_API_TOKEN: "e.n.v" },
    });
    expect(server.calls.at(-1)?.headers.authorization).toBe("Bearer e.n.v");
  });

  test("empty variables are no variables", async () => {
    const env = {
      METAL_API_URL: server.url,
      METAL_API_TOKEN: "",
      METAL_API_HMAC: "",
      METAL_API_HMAC_AUTH_TYPE: "",
    };
    await terminal.metal("version", { env });
    expect([server.calls.length, lastUser()]).toEqual([1, undefined]);
  });
});

describe("what does not fit together is wrong usage", () => {
  test.each([
    ["--hmac k", {}, /--hmac needs --hmac-auth-type/],
    ["--hmac k --hmac-auth-type A --token t", {}, /give --token or --hmac, not both/],
    ["", { METAL_API_HMAC: "k" }, /METAL_API_HMAC needs METAL_API_HMAC_AUTH_TYPE/],
    ["", { METAL_API_HMAC: "k", METAL_API_TOKEN: "t" }, /give METAL_API_TOKEN or METAL_API_HMAC/],
    ["--api-url localhost:8080", {}, /--api-url: "localhost:8080" is not an http or https URL/],
    ["", { METAL_API_URL: "ftp://x" }, /METAL_API_URL: "ftp:\/\/x" is not/],
    ["--user Metal-View", {}, /--user needs the credentials file/],
    ["--user Metal-View --token t", {}, /--user goes neither/],
  ])("%s %j", async (line, env, message) => {
    const outcome = await terminal.metal(`size list ${line}`, { env: { ...home(), ...env } });
    expect(outcome.code).toBe(2);
    expect(outcome.err).toMatch(message);
  });
});

describe("the file of a fresh server", () => {
  test.each([
    ["version --client", undefined],
    ["health", undefined],
    ["whoami", "Metal-View"],
    ["size get x", "Metal-View"],
    ["size delete-reservation x", "Metal-Edit"],
    ["size delete x", "Metal-Admin"],
    ["can-i size list", "Metal-View"],
    ["can-i size create", "Metal-Admin"],
  ])("%s is called as %s, the weakest that suffices", async (line, user) => {
    await credentials(server.url, threeUsers);
    const { err } = await terminal.metal(line);
    expect(lastUser()).toBe(user);
    expect(
      err.includes("note: using Metal-Admin in data/credentials.yaml, with role Admin\n"),
    ).toBe(user === "Metal-Admin");
  });

  test("--user chooses another one", async () => {
    await credentials(server.url, threeUsers);
    await terminal.metal("size get x --user Metal-Edit");
    expect(lastUser()).toBe("Metal-Edit");
    expect(await terminal.metal("size get x --user Root")).toMatchObject({
      code: 2,
      err: expect.stringContaining('no user "Root" in data/credentials.yaml; there are: '),
    });
  });

  test("--user replaces the credential of the environment, not its server", async () => {
    await credentials("http://127.0.0.1:1", threeUsers);
    const env = { ...home(), ...access(server, "Metal-Admin") };
    expect((await terminal.metal("size get x --user Metal-View", { env })).code).toBe(1);
    expect(lastUser()).toBe("Metal-View");
  });

  test("the strongest is used where nobody suffices, and the server refuses", async () => {
    await credentials(server.url, `  - {type: Metal-View, key: ${keys["Metal-View"]}}\n`);
    expect((await terminal.metal("size create --id x")).code).toBe(3);
    expect(lastUser()).toBe("Metal-View");
  });

  test("a role that is stated counts, not the name", async () => {
    const users = `  - {name: boss, type: Metal-Edit, role: admin, key: ${keys["Metal-Edit"]}}\n`;
    await credentials(server.url, users);
    const { err } = await terminal.metal("size get x");
    expect(err).toContain("note: using boss in data/credentials.yaml, with role Admin\n");
  });

  test("is found in METAL_DATA", async () => {
    await credentials(server.url, threeUsers, "elsewhere");
    await terminal.metal("size get x", { env: { ...home(), METAL_DATA: "elsewhere" } });
    expect(lastUser()).toBe("Metal-View");
    server.calls.length = 0;
    await terminal.metal("size get x", {
      env: { ...home(), METAL_DATA: join(terminal.folder, "elsewhere") },
    });
    expect(lastUser()).toBe("Metal-View");
  });

  test("a warning is given if others can read it", async () => {
    await credentials(server.url, threeUsers);
    await chmod(join(terminal.folder, "data/credentials.yaml"), 0o644);
    const { err } = await terminal.metal("size list");
    expect(err).toBe("warning: others can read data/credentials.yaml; chmod 600 it\n");
  });

  test.each([
    ["no YAML", "  - {key: 's3cret\n"],
    ["a user without a key", "  - {type: Metal-View}\n"],
  ])("with %s it is an error that shows no key", async (_, users) => {
    await credentials(server.url, users);
    const { code, err } = await terminal.metal("size list");
    expect([code, err]).toEqual([
      1,
      expect.stringMatching(/^data\/credentials\.yaml: |credentials\.yaml: is not YAML/),
    ]);
    expect(err).not.toContain("s3cret");
  });
});

describe("a credential goes to its own server only", () => {
  test.each([
    ["http://metal.example", "http://127.0.0.1", false],
    ["https://127.0.0.1", "http://127.0.0.1", false],
    ["http://localhost:1", "http://127.0.0.1", true],
    ["http://127.0.0.1:1", "http://127.0.0.1", true],
  ])("one for %s goes to %s: %j", async (own, _, goes) => {
    await credentials(own, threeUsers);
    const { err } = await terminal.metal(`version --api-url ${server.url}`);
    expect(err.includes("is not sent to")).toBe(!goes);
    await terminal.metal(`size list --api-url ${server.url}`);
    expect(lastUser()).toBe(goes ? "Metal-View" : undefined);
  });

  test("a token in clear text to another machine is warned of", async () => {
    const { err } = await terminal.metal(
      "size list --api-url http://metal.invalid --token t --timeout 1s",
    );
    expect(err).toContain("warning: the token travels in clear text to http://metal.invalid\n");
  });
});
