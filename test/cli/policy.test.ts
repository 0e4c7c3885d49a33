// policy diff and policy lint, in a folder of somebody else's project.
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Io } from "../../src/cli/io.ts";
import { run } from "../../src/cli/run.ts";

const table = JSON.parse(readFileSync("gen/rbac/rules.json", "utf8"));
const rename = "/metal.v1.SizeService/Update";
const images = "/metal.v1.ImageService/List";

let folder: string;
const write = (path: string, value: unknown) => {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  writeFileSync(join(folder, path), text);
};
const git = (...args: string[]) => {
  const who = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"];
  execFileSync("git", [...who, ...args], { cwd: folder, stdio: "ignore" });
};

async function metal(line: string) {
  const printed = { out: "", err: "" };
  const io: Partial<Io> = {
    stdout: (text) => void (printed.out += text),
    stderr: (text) => void (printed.err += text),
    env: {},
    cwd: folder,
    now: () => new Date(),
  };
  const code = await run(line.split(" "), io as Io);
  return { code, ...printed };
}

/** The table with one rule changed. */
const changed = (procedure: string, facts: object) => ({
  ...table,
  [procedure]: { ...table[procedure], ...facts },
});

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "policy-"));
  mkdirSync(join(folder, "gen/rbac"), { recursive: true });
  mkdirSync(join(folder, "policy"));
  write("gen/rbac/rules.json", table);
  git("init", "-q");
  git("add", ".");
  git("commit", "-q", "-m", "first");
  write("gen/rbac/rules.json", changed(rename, { minRole: "EDITOR" }));
  git("commit", "-q", "-a", "-m", "second");
  write("narrow.json", changed(images, { minRole: "EDITOR" }));
  write("same.json", table);
});
afterAll(() => rm(folder, { recursive: true }));

const widening = "widened  metal.v1.SizeService/Update  role: Admin -> Editor";

describe("policy diff", () => {
  test("ends with status 1 when something was widened, between files and between git revisions", async () => {
    const wanted = {
      code: 1,
      out: `${widening}\n1 widened, 0 narrowed, 0 added, 0 removed; nobody acknowledged 1\n`,
      err: "",
    };
    expect(await metal("policy diff same.json gen/rbac/rules.json")).toEqual(wanted);
    expect(await metal("policy diff HEAD~1 HEAD")).toEqual(wanted);
    expect(await metal("policy diff HEAD~1:gen/rbac/rules.json")).toEqual(wanted);
    expect(await metal("policy diff HEAD")).toEqual({
      code: 0,
      out: "0 widened, 0 narrowed, 0 added, 0 removed\n",
      err: "",
    });
  });

  test("ends with status 0 when somebody acknowledged it, and names them", async () => {
    const facts = { procedure: "metal.v1.SizeService/Update", fact: "role", before: "Admin" };
    const entry = { ...facts, after: "Editor", reason: "Editors curate sizes.", by: "ada" };
    write("accepted.yaml", { changes: [entry] });
    const { code, out } = await metal("policy diff HEAD~1 HEAD --acknowledged accepted.yaml");
    expect([code, out]).toEqual([
      0,
      `${widening}  acknowledged by ada: Editors curate sizes.\n1 widened, 0 narrowed, 0 added, 0 removed\n`,
    ]);
    write("accepted.yaml", { changes: [{ ...entry, after: "Viewer" }] });
    expect((await metal("policy diff HEAD~1 --acknowledged accepted.yaml")).code).toBe(1);
  });

  test("names those who would lose a right, and those who no longer need theirs", async () => {
    const seen = [
      { principal: "hmac:viewer", procedure: images.slice(1), role: "viewer", count: 9 },
      { principal: "hmac:boss", procedure: rename.slice(1), role: "admin", decision: "allowed" },
    ];
    write("export.jsonl", seen.map((item) => JSON.stringify(item)).join("\n"));
    expect((await metal("policy diff same.json narrow.json --audit export.jsonl")).out).toBe(
      "narrowed  metal.v1.ImageService/List  role: Viewer -> Editor\n" +
        "0 widened, 1 narrowed, 0 added, 0 removed\n" +
        "loses  hmac:viewer  metal.v1.ImageService/List, called 9 times as Viewer\n",
    );
    expect((await metal("policy diff HEAD~1 --audit export.jsonl")).out).toContain(
      "needs less  hmac:boss  holds Admin, needed Admin, now Editor is enough\n",
    );
    const { out } = await metal("policy diff HEAD~1 HEAD --audit export.jsonl -o json");
    expect(JSON.parse(out)).toEqual({
      changes: [
        {
          kind: "widened",
          procedure: rename.slice(1),
          fact: "role",
          before: "Admin",
          after: "Editor",
        },
      ],
      losses: [],
      reliefs: [{ principal: "hmac:boss", held: "admin", needed: "admin", enough: "editor" }],
    });
  });

  test("compares buf images, also gzipped", async () => {
    const buf = ["node_modules/@bufbuild/buf/bin/buf", "build", "-o", "-#format=binpb"];
    const image = execFileSync(process.execPath, buf, { maxBuffer: 64 * 1024 * 1024 });
    writeFileSync(join(folder, "image.binpb"), image);
    writeFileSync(join(folder, "image.binpb.gz"), gzipSync(image));
    for (const name of ["image.binpb", "image.binpb.gz"])
      expect(await metal(`policy diff same.json ${name}`)).toMatchObject({ code: 0, err: "" });
    expect((await metal("policy diff image.binpb gen/rbac/rules.json")).code).toBe(1);
  });

  test.each([
    ["nowhere.json", 2, '"nowhere.json" is neither a file nor a git revision'],
    ["-- --output=x", 2, '"--output=x" is neither a file nor a git revision'],
    ["broken.json", 1, "broken.json: "],
    ["same.json --audit nowhere", 2, "cannot read nowhere"],
    ["same.json --audit broken.json", 1, "broken.json:1: is no JSON object"],
    ["same.json --acknowledged broken.yaml", 1, "broken.yaml: is no YAML"],
    ["same.json --acknowledged list.yaml", 1, "list.yaml: must be a mapping"],
  ])("%s ends with status %i: %s", async (words, code, message) => {
    write("broken.json", "no policy");
    write("broken.yaml", "a: [");
    write("list.yaml", "- a");
    const outcome = await metal(`policy diff ${words}`);
    expect([outcome.code, outcome.err]).toEqual([code, expect.stringContaining(message)]);
  });
});

describe("policy lint", () => {
  test("names rule, check and place, and ends with status 1", async () => {
    write("odd.json", changed(rename, { minRole: "VIEWER" }));
    const { code, out } = await metal("policy lint odd.json --acknowledged nothing.yaml");
    expect(code).toBe(1);
    expect(out).toContain(
      "proto/metal/v1/size.proto: metal.v1.SizeService/Update changes something, and needs Viewer only, a role that reads (write for readers)\n",
    );
    expect(out).toContain(" 2 odd, 0 excepted; secrets not looked at\n");
  });

  test("passes what an exception names, and notes exceptions that are over", async () => {
    const entry = { reason: "Probes hold it open.", by: "ada" };
    const watch = { procedure: "grpc.health.v1.Health/Watch", check: "open stream", ...entry };
    const over = { procedure: "x.Y/Z", check: "open stream", ...entry };
    write("policy/acknowledged.yaml", { exceptions: [watch, over] });
    const { code, out, err } = await metal("policy lint same.json");
    expect([code, err]).toEqual([0, 'note: the exception "open stream" for x.Y/Z is not needed\n']);
    expect(out).toMatch(/^\d+ rules, 0 odd, 1 excepted; secrets not looked at\n$/);
    expect((await metal("policy lint image.binpb")).out).toMatch(/excepted\n$/);
  });
});
