// The settings: where they come from, which one wins, and what is said about wrong ones.
import { describe, expect, test } from "@jest/globals";
import { readConfig, settings } from "../src/config.ts";
import { fileWith, type Given, keyA, problems, ready, userList } from "./settings/reading.ts";

describe("a server that is told nothing", () => {
  test("has the defaults", () => {
    expect(ready({}).config).toMatchObject({
      listen: { host: "127.0.0.1", port: 8080 },
      "allow-clear-text": false,
      data: "./data",
      "hmac-admin-window": 90,
      "hmac-edit-window": 30,
      "hmac-view-window": 30,
      "provider-tenant": "metal",
      "log-level": "info",
    });
  });

  test("has no users and no providers", () => {
    const { config, hmacUsers } = ready({});
    expect(hmacUsers).toEqual([]);
    expect([config["oidc-issuer"], config.oidc]).toEqual([undefined, undefined]);
  });
});

describe("precedence", () => {
  const argv = ["--data", "flag"];
  const env = { METAL_DATA: "variable" };
  const file = "data: file";

  test.each<[string, Given, string]>([
    ["a flag wins over everything", { argv, env, file }, "flag"],
    ["a variable wins over the file", { env, file }, "variable"],
    ["the file wins over the default", { file }, "file"],
    ["the default is last", {}, "./data"],
  ])("%s", (_, given, expected) => {
    expect(ready(given).config.data).toBe(expected);
  });

  test("the file is named by a flag before METAL_CONFIG", () => {
    const environment = { METAL_CONFIG: fileWith("data: by variable") };
    const byVariable = readConfig({ argv: [], environment });
    const byFlag = readConfig({ argv: ["--config", fileWith("data: by flag")], environment });
    expect(byVariable).toMatchObject({ config: { data: "by variable" } });
    expect(byFlag).toMatchObject({ config: { data: "by flag" } });
  });

  test("what is overridden need not be right", () => {
    expect(
      ready({ argv: ["--listen", "[::1]:0"], env: { METAL_LISTEN: "?" } }).config.listen,
    ).toEqual({
      host: "::1",
      port: 0,
    });
  });
});

describe("the forms of a flag", () => {
  test.each<[string, string[], unknown]>([
    ["a value of its own", ["--listen", "localhost:1"], { host: "localhost", port: 1 }],
    ["a value behind =", ["--listen=localhost:65535"], { host: "localhost", port: 65_535 }],
  ])("%s", (_, argv, listen) => {
    expect(ready({ argv }).config.listen).toEqual(listen);
  });

  test("a value may contain = and begin with -", () => {
    expect(ready({ argv: ["--data=a=b"] }).config.data).toBe("a=b");
    expect(ready({ argv: ["--data", "-x"] }).config.data).toBe("-x");
  });

  test.each(["--allow-clear-text", "--allow-clear-text=true", "--allow-clear-text true"])(
    "a switch: %s",
    (written) => {
      const argv = [...written.split(" "), "--listen", "0.0.0.0:1"];
      expect(ready({ argv }).config["allow-clear-text"]).toBe(true);
    },
  );
});

const clearText =
  "and there is no TLS; set tls-cert-file and tls-key-file, or listen on 127.0.0.1, or set allow-clear-text to true behind a proxy with TLS";
const all = "see --help for all settings";

describe("wrong settings", () => {
  const table: [string, Given, string[]][] = [
    ["an unknown flag", { argv: ["--nonsense", "x"] }, [`--nonsense: is no setting; ${all}`]],
    [
      "a misspelt flag",
      { argv: ["--lisen=x"] },
      ["--lisen: is no setting; did you mean --listen?"],
    ],
    [
      "a flag named like a property",
      { argv: ["--constructor=x", "--__proto__", "x"] },
      [`--constructor: is no setting; ${all}`, `--__proto__: is no setting; ${all}`],
    ],
    ["a flag without value", { argv: ["--data"] }, ["--data: has no value; write --data=VALUE"]],
    [
      "a flag before another in place of a value",
      { argv: ["--data", "--log-level", "warn"] },
      ["--data: has no value; write --data=VALUE"],
    ],
    ["a flag twice", { argv: ["--data=a", "--data=b"] }, ["--data: is given twice; give it once"]],
    [
      "an argument that is no flag",
      { argv: ["--data", "x", "y"] },
      ["argument 3: stands where a flag is expected; write --NAME VALUE; see --help"],
    ],
    ["an unknown variable", { env: { METAL_X: "x" } }, [`METAL_X: is no setting; ${all}`]],
    [
      "a misspelt variable",
      { env: { METAL_HMAC_ADMN_KEY: keyA } },
      ["METAL_HMAC_ADMN_KEY: is no setting; did you mean METAL_HMAC_ADMIN_KEY?"],
    ],
    [
      "a list as flag and variable",
      { argv: ["--users=x"], env: { METAL_OIDC: "x" } },
      [
        '--users: can only be given in a file; write "users" in the file that --config names',
        'METAL_OIDC: can only be given in a file; write "oidc" in the file that --config names',
      ],
    ],
    ["an unknown key", { file: "dat: x" }, ["dat (in FILE): is no setting; did you mean data?"]],
    [
      "a file that names a file",
      { file: "config: x" },
      [`config (in FILE): is no setting; ${all}`],
    ],
    [
      "a file that is missing",
      { argv: ["--config=/nowhere/x"] },
      ['file "/nowhere/x": does not exist; write a YAML file of settings'],
    ],
    [
      "broken YAML",
      { file: "data: x\nlisten: [secret" },
      ['file "FILE": is no YAML at line 2, column 16 (bad indent); write a YAML file of settings'],
    ],
    [
      "a key twice",
      { file: "data: x\ndata: y" },
      [
        'file "FILE": is no YAML at line 2, column 1 (duplicate key); write a YAML file of settings',
      ],
    ],
    [
      "a tag",
      { file: "data: !shout x" },
      [
        'file "FILE": is no YAML at line 1, column 7 (tag resolve failed); write a YAML file of settings',
      ],
    ],
    [
      "a list for a file",
      { file: "- data: x" },
      ['file "FILE": is no mapping of settings; write a YAML file of settings'],
    ],
    [
      "an empty variable",
      { env: { METAL_DATA: "" } },
      ["data (from METAL_DATA): is empty; write a value or leave the setting out"],
    ],
    [
      "a list for a text",
      { file: "data: [x]" },
      ["data (from FILE): is no text; write a single value"],
    ],
    [
      "an address without port",
      { argv: ["--listen", "localhost"] },
      ['listen (from --listen): "localhost" is no address; write HOST:PORT, as in 127.0.0.1:8080'],
    ],
    [
      "a port that is too high",
      { env: { METAL_LISTEN: "localhost:65536" } },
      [
        'listen (from METAL_LISTEN): "localhost:65536" is no address; write HOST:PORT, as in 127.0.0.1:8080',
      ],
    ],
    [
      "a bare IPv6 address",
      { argv: ["--listen=::1:80"] },
      ['listen (from --listen): "::1:80" is no address; write HOST:PORT, as in 127.0.0.1:8080'],
    ],
    [
      "neither yes nor no",
      { argv: ["--allow-clear-text=yes"] },
      [
        'allow-clear-text (from --allow-clear-text): "yes" is neither true nor false; write true or false',
      ],
    ],
    [
      "W17: clear text on every interface",
      { argv: ["--listen", "0.0.0.0:80"] },
      [`listen: other machines reach 0.0.0.0, ${clearText}`],
    ],
    [
      "W17: clear text under a name",
      { argv: ["--listen", "api.example:80"] },
      [`listen: other machines reach api.example, ${clearText}`],
    ],
    [
      "W17: clear text under a name that looks local",
      { argv: ["--listen", "127.example:80"] },
      [`listen: other machines reach 127.example, ${clearText}`],
    ],
    [
      "W6: a window of 0",
      { argv: ["--hmac-edit-window", "0"] },
      [
        'hmac-edit-window (from --hmac-edit-window): "0" is out of range; write a whole number of seconds from 1 to 300',
      ],
    ],
    [
      "W6: a window beyond five minutes",
      { file: "hmac-view-window: 301" },
      [
        'hmac-view-window (from FILE): "301" is out of range; write a whole number of seconds from 1 to 300',
      ],
    ],
    [
      "a window that is no number",
      { env: { METAL_HMAC_ADMIN_WINDOW: "1.5" } },
      [
        'hmac-admin-window (from METAL_HMAC_ADMIN_WINDOW): "1.5" is out of range; write a whole number of seconds from 1 to 300',
      ],
    ],
    [
      "an unknown log level",
      { argv: ["--log-level=loud"] },
      [
        'log-level (from --log-level): "loud" is unknown; write one of trace, debug, info, warn, error, fatal, silent',
      ],
    ],
    [
      "an issuer without audience",
      { argv: ["--oidc-issuer=https://login.example"] },
      ["oidc-audience: is missing beside oidc-issuer; set both or neither"],
    ],
    [
      "an audience without issuer",
      { argv: ["--oidc-audience=metal"] },
      ["oidc-issuer: is missing beside oidc-audience; set both or neither"],
    ],
  ];

  test.each(table)("%s", (_, given, expected) => {
    expect(problems(given)).toEqual(expected);
  });

  test("all of them are reported at once", () => {
    const given = {
      argv: ["--nonsense", "--listen=x", "--hmac-admin-key=short", "--oidc-issuer=x"],
      env: { METAL_NONSENSE: "" },
      file: `nonsense: 1\n${userList("{}")}`,
    };
    const about = problems(given).map((text) => text.split(/[ :]/)[0]);
    const expected =
      "--nonsense METAL_NONSENSE nonsense listen users[0] users[0] users[0] users[0] hmac-admin-key oidc-audience";
    expect(about).toEqual(expected.split(" "));
  });

  test("none of them quotes a secret", () => {
    const secret = "sEcReT";
    const given: Given[] = [
      { argv: ["--hmac-admn-key", secret] },
      { argv: ["--hmac-admn-key", "x", secret] },
      { argv: [`--hmac-admn-key=${secret}`, secret] },
      { argv: ["--hmac-admin-key", secret, "--hmac-edit-key", secret] },
      { argv: ["--hmac-admin-key-file", secret] },
      { env: { METAL_HMAC_VIEW_KEY: secret } },
      { file: `hmac-admin-key: [${secret}]` },
      { file: `hmac-admin-key: *${secret}` },
      { file: `hmac-admin-key: !${secret} x` },
      { file: `hmac-admin-key: "${secret}` },
      { file: `hmac-admin-key: ${secret}: x` },
      { file: userList(`{name: a, type: A, role: view, keys: [${secret}]}`) },
      { file: userList(`{name: a, type: A, role: view, keys: [{key: ${secret}}]}`) },
      { file: userList(`{name: a, type: A, role: view, keys: ${secret}}`) },
    ];
    for (const wrong of given) {
      const texts = problems(wrong);
      expect(texts).not.toEqual([]);
      expect(texts.join("\n")).not.toContain(secret);
    }
  });
});

describe("variables of others", () => {
  test.each([
    ["the CLI's", { METAL_API_URL: "x", METAL_API_HMAC: "x", METAL_API_ANYTHING: "" }],
    [
      "Kubernetes' service links",
      {
        METAL_CONNECT_SERVICE_HOST: "10.0.0.1",
        METAL_CONNECT_SERVICE_PORT: "8080",
        METAL_CONNECT_SERVICE_PORT_HTTP: "8080",
        METAL_CONNECT_PORT: "tcp://10.0.0.1:8080",
        METAL_CONNECT_PORT_8080_TCP_ADDR: "10.0.0.1",
      },
    ],
    ["without METAL_", { PATH: "x", METALLICA: "x", metal_x: "x" }],
  ])("%s are ignored", (_, env) => {
    expect(problems({ env })).toEqual([]);
  });

  test("what only looks like a service link is not", () => {
    expect(problems({ env: { METAL_CONNECT_PORT: "8080" } })).toHaveLength(1);
  });
});

test("the list of OIDC providers is passed on as YAML has it", () => {
  const file = "oidc:\n  - {issuer: https://login.example, maximum-lifetime: 3600, on: true}";
  expect(ready({ file }).config.oidc).toEqual([
    { issuer: "https://login.example", "maximum-lifetime": 3600, on: true },
  ]);
});

test("an empty file says nothing", () => {
  expect(ready({ file: "# nothing yet\n" }).config.data).toBe("./data");
});

describe("the help", () => {
  const help = (argv: string[]) => readConfig({ argv, environment: {} });

  test("has every setting with its variable, meaning and default", () => {
    const reading = help(["--help"]);
    const text = reading.kind === "text" ? reading.text : "";
    for (const [name, row] of Object.entries(settings)) {
      const variable = `METAL_${name.toUpperCase().replaceAll("-", "_")}`;
      const heading = "fileOnly" in row ? `\n  ${name}: ` : `\n  --${name}`;
      expect(text).toContain(heading);
      expect(text).toContain(row.meaning);
      if (!("fileOnly" in row)) expect(text).toMatch(new RegExp(`   ${variable}\n`));
      if ("default" in row) expect(text).toContain(`${row.meaning} Default: ${row.default}\n`);
    }
  });

  test("is printed whatever else is wrong, and shows no value that was given", () => {
    const reading = help(["--nonsense", "--hmac-admin-key=sEcReT", "--help"]);
    expect(reading).toMatchObject({ kind: "text" });
    expect(JSON.stringify(reading)).not.toContain("sEcReT");
  });

  test("the version is that of the package", () => {
    expect(help(["--version"])).toEqual({ kind: "text", text: "0.1.0\n" });
  });
});
