// Lists, single answers, and the formats they are printed in.
import { create } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { SizeSchema } from "../../gen/metal/v1/size_pb.ts";
import { type MemoryServer, startServer } from "./memory-server.ts";
import { openTerminal, type Terminal } from "./terminal.ts";

let server: MemoryServer;
let terminal: Terminal;
beforeAll(async () => {
  server = await startServer();
  terminal = await openTerminal(server, "Metal-View");
  for (const id of ["s1", "s2", "s3", "s4", "s5"])
    server.size.insert(create(SizeSchema, { id, name: `name of ${id}` }));
});
afterAll(async () => {
  await terminal.close();
  await server.stop();
});

const pages = async (line: string) => {
  const before = server.calls.length;
  const { out } = await terminal.metal(line);
  return { ids: out.trim().split(/\s+/), calls: server.calls.length - before };
};

describe("a list", () => {
  test("goes through all pages, and no further than the limit", async () => {
    const ids = "size list --no-headers -o json";
    expect(((await terminal.metal(ids)).out.match(/"id"/g) ?? []).length).toBe(5);
    expect((await pages("size list --limit 2 --no-headers")).calls).toBe(1);
    expect((await pages("size list --limit 3 --no-headers")).calls).toBe(2);
    const limited = await terminal.metal("size list --limit 3 --no-headers");
    expect(limited.out.split("\n")).toEqual([
      "s1  name of s1",
      "s2  name of s2",
      "s3  name of s3",
      "",
    ]);
  });

  test.each(["0", "-1", "1.5", "many"])("a limit of %s is wrong usage", async (limit) => {
    const { code, err } = await terminal.metal(`size list --limit=${limit}`);
    expect([code, err]).toEqual([2, expect.stringContaining("whole number above 0")]);
  });

  test("is sorted here, and a wrong column is wrong usage", async () => {
    const sorted = await terminal.metal("size ls --sort-by id:desc --limit 2 --no-headers");
    expect(sorted.out).toBe("s2  name of s2\ns1  name of s1\n");
    const { code, err } = await terminal.metal("size ls --sort-by colour");
    expect([code, err]).toEqual([2, expect.stringContaining('no column "colour"')]);
  });

  test.each([
    ["table", /^ID {2}NAME {8}DESCRIPTION {2}CPU RANGE/],
    ["wide", /GPU RANGE {2}LABELS\n/],
    ["json", /^\[\n {2}\{\n {4}"id": "s1"/],
    ["yaml", /^---\nid: s1\n/],
  ])("-o %s, before or after the verb", async (format, expected) => {
    const after = await terminal.metal(`size list -o ${format}`);
    const before = await terminal.metal(`-o ${format} size list`);
    expect(after.out).toMatch(expected);
    expect(before.out).toBe(after.out);
  });

  test("an unknown format is wrong usage", async () => {
    const { code, err } = await terminal.metal("size list -o xml");
    expect([code, err]).toEqual([
      2,
      expect.stringContaining("Allowed choices are table, wide, json, yaml"),
    ]);
  });
});

describe("a single answer", () => {
  test.each(["get", "describe", "show"])("%s prints YAML", async (verb) => {
    const { out } = await terminal.metal(`size ${verb} s1`);
    expect(out).toBe('id: s1\nname: name of s1\ngeneration: 0\ncreated: "2026-01-15T10:00:00Z"\n');
  });

  test("prints JSON and tables too", async () => {
    expect(JSON.parse((await terminal.metal("size get s1 -o json")).out)).toMatchObject({
      id: "s1",
    });
    expect((await terminal.metal("size get s1 -o table --no-headers")).out).toBe(
      "s1  name of s1\n",
    );
  });

  test("rows that an answer holds in groups are laid flat", async () => {
    const { out } = await terminal.metal("partition get-capacity --no-headers");
    expect(out.split("\n")).toEqual([
      "p1  s1  1  3  0  2 (1/3 used)  |  5  |  2",
      "p1  s2  0  0  0  0             |  0  |  0",
      "",
    ]);
  });

  test.each([
    ["size get", /missing required argument 'id'/],
    ["size get a b", /too many arguments/],
    ["size frobnicate", /unknown command 'frobnicate'/],
    ["sise", /unknown command 'sise'\n\(Did you mean size\?\)/],
    ["size", /Usage: metal size/],
    ["", /Usage: metal/],
    ["size get a --timeout soon", /--timeout "soon": must be a duration like 30s/],
  ])("%j is wrong usage", async (line, message) => {
    const { code, out, err } = await terminal.metal(line);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toMatch(message);
  });
});

test("every call is a POST with a signature of its own", async () => {
  server.calls.length = 0;
  await terminal.metal("size list");
  const salts = server.calls.map(({ headers }) => headers["x-data-salt"]);
  expect(server.calls.map(({ httpMethod }) => httpMethod)).toEqual(["POST", "POST", "POST"]);
  expect(new Set(salts).size).toBe(3);
  expect(server.calls[0]?.headers["x-date"]).toBe("2026-01-15T10:00:00Z");
});
