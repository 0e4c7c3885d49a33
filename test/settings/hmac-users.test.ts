// The HMAC users that settings name, and those a server does not agree to start with.
import { describe, expect, test } from "@jest/globals";
import { windowSecondsOf } from "../../src/config.ts";
import { Role } from "../../src/rbac/role.ts";
import { fileWith, type Given, keyA, keyB, newKey, problems, ready, userList } from "./reading.ts";

describe("the HMAC users", () => {
  test("a key makes its default user, with the window of its role", () => {
    const argv = ["--hmac-edit-key", keyA, "--hmac-edit-window", "20"];
    expect(ready({ argv }).hmacUsers).toEqual([
      {
        name: "Metal-Edit",
        type: "Metal-Edit",
        role: Role.EDITOR,
        keys: [{ id: "current", secret: keyA }],
        windowSeconds: 20,
      },
    ]);
  });

  test.each([
    ["without line break", keyA, keyA],
    ["with one", `${keyA}\n`, keyA],
    ["with one as Windows has it", `${keyA}\r\n`, keyA],
    ["with two, of which one counts", `${keyA}\n\n`, `${keyA}\n`],
    ["with a space, which counts", `${keyA} \n`, `${keyA} `],
  ])("a key file %s", (_, text, secret) => {
    const argv = ["--hmac-view-key-file", fileWith(text)];
    expect(ready({ argv }).hmacUsers[0]?.keys[0]?.secret).toBe(secret);
  });

  test("a key file in another encoding is refused", () => {
    const argv = ["--hmac-view-key-file", fileWith(new Uint8Array(40).fill(0xe9))];
    expect(problems({ argv })).toEqual([
      "hmac-view-key-file: names a file that is not UTF-8; name a readable file that holds the key",
    ]);
  });

  test("a key in the file is the text that stands there, whatever YAML would make of it", () => {
    const digits = `0${"1".repeat(39)}`;
    const [user] = ready({ file: `hmac-view-key: ${digits}` }).hmacUsers;
    expect(user?.keys[0]?.secret).toBe(digits);
  });

  test("a listed user has what the list says", () => {
    const path = fileWith(`${keyB}\n`);
    const keys = `[{id: "2026", key: ${keyA}}, {key-file: ${path}, not-after: 2026-12-31T23:59:59Z}]`;
    const user = `{name: core fra, type: Core, role: edit, component: metal-core, keys: ${keys}}`;
    expect(ready({ file: userList(user) }).hmacUsers).toEqual([
      {
        name: "core fra",
        type: "Core",
        role: Role.EDITOR,
        component: "metal-core",
        windowSeconds: 30,
        keys: [
          { id: "2026", secret: keyA },
          { id: "2", secret: keyB, notAfter: new Date("2026-12-31T23:59:59Z") },
        ],
      },
    ]);
  });

  test("windows go by role", () => {
    const window = windowSecondsOf(ready({ argv: ["--hmac-view-window=5"] }).config);
    expect([Role.ADMIN, Role.EDITOR, Role.VIEWER].map(window)).toEqual([90, 30, 5]);
  });
});

describe("users and keys that are refused", () => {
  const table: [string, Given, string[]][] = [
    [
      "W8: an empty key",
      { argv: ["--hmac-admin-key="] },
      ["hmac-admin-key (from --hmac-admin-key): is empty; write a value or leave the setting out"],
    ],
    [
      "W8: a short key",
      { argv: ["--hmac-admin-key", "a".repeat(31)] },
      [`hmac-admin-key: has 31 bytes, fewer than 32; ${newKey}`],
    ],
    [
      "W8: a publicly known key",
      { env: { METAL_HMAC_EDIT_KEY: "must-be-changed" } },
      [`hmac-edit-key: is a publicly known key; ${newKey}`],
    ],
    [
      "W8: equal keys",
      { argv: ["--hmac-admin-key", keyA], env: { METAL_HMAC_VIEW_KEY: keyA } },
      [`hmac-view-key: is the same key as hmac-admin-key; ${newKey}`],
    ],
    [
      "a key and its file",
      { argv: ["--hmac-admin-key", keyA, "--hmac-admin-key-file", "x"] },
      ["hmac-admin-key-file: is given beside hmac-admin-key; give one of the two"],
    ],
    [
      "a key file that is missing",
      { argv: ["--hmac-admin-key-file", "/nowhere/x"] },
      [
        "hmac-admin-key-file: names a file that does not exist; name a readable file that holds the key",
      ],
    ],
    [
      "users that are no list",
      { file: "users: x" },
      ["users: is no list; write - {name, type, role, keys}"],
    ],
    [
      "a user that is no mapping",
      { file: userList("x") },
      ["users[0]: is no mapping; write name, type, role, keys, component"],
    ],
    [
      "a user without anything",
      { file: userList("{}") },
      ["name", "type", "role", "keys"].map(
        (name) => `users[0]: has no ${name}; add ${name}: VALUE`,
      ),
    ],
    [
      "a user with a misspelt field",
      { file: userList(`{name: a, type: A, rol: view, role: view, keys: [{key: ${keyA}}]}`) },
      ["users[0].rol: is no setting; did you mean users[0].role?"],
    ],
    [
      "a user in whom everything is wrong",
      { file: userList('{name: "", type: "a b", role: root, component: A, keys: []}') },
      [
        'users[0].name: is ""; write 1 to 100 visible characters',
        'users[0].role: "root" is unknown; write one of view, edit, admin',
        'users[0].component: is "A"; write a name as in metal-core',
        "users[0].keys: is no list of one or two keys; write - {id, key}",
      ],
    ],
    [
      "a user with three keys",
      { file: userList("{name: a, type: A, role: view, keys: [{}, {}, {}]}") },
      ["users[0].keys: is no list of one or two keys; write - {id, key}"],
    ],
    [
      "a key without key, and an end that is no time",
      { file: userList("{name: a, type: A, role: view, keys: [{not-after: tomorrow}]}") },
      [
        "users[0].keys[0]: has no key; add key: KEY or key-file: FILE",
        'users[0].keys[0].not-after: is "tomorrow"; write a time as in 2026-12-31T23:59:59Z',
      ],
    ],
    [
      "two keys with one id",
      {
        file: userList(
          `{name: a, type: A, role: view, keys: [{id: x, key: ${keyA}}, {id: x, key: ${keyB}}]}`,
        ),
      },
      ["users[0].keys: has the same id twice; give each key its own id"],
    ],
    [
      "a listed user with the type of a default user",
      {
        argv: ["--hmac-view-key", keyA],
        file: userList(`{name: a, type: Metal-Viewer, role: view, keys: [{key: ${keyB}}]}`),
      },
      ["users[0]: has the same type as hmac-view-key; give each user a type of its own"],
    ],
  ];

  test.each(table)("%s", (_, given, expected) => {
    expect(problems(given)).toEqual(expected);
  });
});
