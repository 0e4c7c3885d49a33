// What a shell is offered next.
import { create } from "@bufbuild/protobuf";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { ImageSchema } from "../../gen/metal/v1/image_pb.ts";
import { SizeSchema } from "../../gen/metal/v1/size_pb.ts";
import { type MemoryServer, startServer } from "./memory-server.ts";
import { openTerminal, type Terminal } from "./terminal.ts";

let server: MemoryServer;
let terminal: Terminal;
beforeAll(async () => {
  server = await startServer();
  terminal = await openTerminal(server, "Metal-View");
  for (const id of ["debian-12.3", "debian-13.0", "edge-1.0"])
    server.image.insert(create(ImageSchema, { id }));
  server.size.insert(create(SizeSchema, { id: "s1" }));
  await terminal.metal(`context add mine --api-url ${server.url}`);
});
afterAll(async () => {
  await terminal.close();
  await server.stop();
});

const complete = async (...words: string[]) => {
  const { code, out, err } = await terminal.metal(["__complete", "--", ...words]);
  expect([code, err]).toEqual([0, ""]);
  const lines = out.split("\n").filter((line) => line !== "");
  return lines.map((line) => line.replace(/\t.*/, ""));
};

describe("without a server", () => {
  test.each([
    [["im"], ["image"]],
    [["image", "ap"], ["apply"]],
    [
      ["backup", "--da"],
      ["--data", "--database-url", "--database-url-file"],
    ],
    [["image", "list", "--cl"], ["--classification"]],
    [["image", "list", "--out"], ["--output"]],
    [
      ["image", "list", "-o", ""],
      ["table", "wide", "json", "yaml"],
    ],
    [["image", "list", "--classification", "s"], ["supported"]],
    [["image", "list", "--features", "machine,f"], ["machine,firewall"]],
    [["image", "list", "--sort-by", "name,e"], ["name,expiration"]],
    [
      ["completion", ""],
      ["bash", "zsh", "fish"],
    ],
    [["context", "use", ""], ["mine"]],
    [["--context", ""], ["mine"]],
    [["can-i", "ima"], ["image"]],
    [["can-i", "image", "get-"], ["get-latest"]],
    [["can-i", "image", "get", "ima"], ["image"]],
    [
      ["who-can", "metal.v1.ImageService/Get"],
      "Get GetLatest".split(" ").map((name) => `metal.v1.ImageService/${name}`),
    ],
    [["image", "list", "--name", ""], []],
    [["nonsense", "more", ""], []],
  ])("%j is followed by %j", async (words, expected) => {
    const before = server.calls.length;
    expect(await complete(...words)).toEqual(expected);
    expect(server.calls.length).toBe(before);
  });
});

describe("with the server's ids", () => {
  test.each([
    [
      ["image", "get", "debian"],
      ["debian-12.3", "debian-13.0"],
    ],
    [
      ["image", "describe", ""],
      ["debian-12.3", "debian-13.0", "edge-1.0"],
    ],
    [["image", "edit", "e"], ["edge-1.0"]],
    [["image", "delete", "-o", "json", "e"], ["edge-1.0"]],
    [["image", "get", "edge-1.0", ""], []],
    [["partition", "get-capacity", "--size-id", ""], ["s1"]],
  ])("%j is followed by %j", async (words, expected) => {
    expect(await complete(...words)).toEqual(expected);
  });

  test("a server that does not answer completes nothing, and says nothing", async () => {
    expect(await complete("image", "get", "--api-url", "http://127.0.0.1:1", "")).toEqual([]);
  });
});

test.each(["bash", "zsh", "fish"])("the script for %s asks this program", async (shell) => {
  const { code, out } = await terminal.metal(`completion ${shell}`);
  expect(code).toBe(0);
  expect(out).toContain("metal __complete -- ");
});

test("another shell is wrong usage", async () => {
  expect((await terminal.metal("completion tcsh")).code).toBe(2);
});
