// `edit`: what a person changes or removes in an editor.
import { readFile, rm, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { create } from "@bufbuild/protobuf";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "@jest/globals";
import { SizeSchema } from "../../gen/metal/v1/size_pb.ts";
import { type MemoryServer, startServer } from "./memory-server.ts";
import { openTerminal, type Terminal } from "./terminal.ts";

let server: MemoryServer;
let terminal: Terminal;
beforeAll(async () => void (server = await startServer()));
afterAll(() => server.stop());
beforeEach(async () => {
  server.size.all.clear();
  server.size.insert(
    create(SizeSchema, { id: "s1", name: "one", description: "old", labels: { a: "1" } }),
  );
  terminal = await openTerminal(server);
});
afterEach(() => terminal.close());

const editing = (change: (text: string) => string) => ({
  edit: async (file: string) => {
    expect((await stat(file)).mode & 0o077).toBe(0);
    await writeFile(file, change(await readFile(file, "utf8")));
  },
});

test("changes are saved, and what was removed is cleared", async () => {
  const change = (text: string) =>
    text.replace("name: one", "name: two").replace(/description:.*\n/, "");
  const outcome = await terminal.metal("size edit s1", editing(change));
  expect(outcome).toEqual({ code: 0, out: "size/s1 configured\n", err: "" });
  expect(server.size.get("s1")).toMatchObject({ name: "two", description: "", labels: { a: "1" } });
});

test("without a change nothing is written", async () => {
  const outcome = await terminal.metal(
    "size edit s1",
    editing((text) => text),
  );
  expect(outcome).toEqual({ code: 0, out: "", err: "no changes were made\n" });
  expect(server.size.get("s1").generation).toBe(0n);
});

test("somebody else's change in between is not overwritten, and the text is kept", async () => {
  const edit = async (file: string) => {
    await writeFile(file, (await readFile(file, "utf8")).replace("name: one", "name: two"));
    server.size.get("s1").generation = 4n;
  };
  const { code, err } = await terminal.metal("size edit s1", { edit });
  expect(code).toBe(1);
  const [kept, message] = err.split("\n");
  expect(message).toBe('size "s1": size "s1" changed (aborted)');
  const file = kept?.replace("your text is kept in ", "") ?? "";
  expect(await readFile(file, "utf8")).toContain("name: two");
  await rm(dirname(file), { recursive: true });
});

test.each([
  ["a misspelled field", (text: string) => `${text}nope: 1\n`, "nope: no such field"],
  [
    "another id",
    (text: string) => text.replace("id: s1", "id: s2"),
    "the id of an entity never changes",
  ],
  ["a second document", (text: string) => `${text}---\n${text}`, "the text must be one document"],
])("%s is an error", async (_, change, message) => {
  const { code, err } = await terminal.metal("size edit s1", editing(change));
  expect(code).toBe(1);
  expect(err).toContain(message);
  expect(server.size.get("s1").generation).toBe(0n);
  await rm(dirname(/kept in (.*)/.exec(err)?.[1] ?? ""), { recursive: true });
});

test("what is not there cannot be edited", async () => {
  const edit = () => Promise.reject(new Error("an editor was opened"));
  const { code, err } = await terminal.metal("size edit s2", { edit });
  expect([code, err]).toEqual([1, 'size "s2": no size "s2" (not_found)\n']);
});
