// Text to sources: documents, lists, JSON, anchors, merge keys, and text that is not well-formed.
import { describe, expect, test } from "@jest/globals";
import { plainSource } from "../../../src/cli/document/source.ts";
import { readDocuments } from "../../../src/cli/document/yaml-source.ts";

const plain = (text: string) =>
  readDocuments(text, "f.yaml").map(({ source }) => plainSource(source));
const labels = (text: string) => readDocuments(text, "f.yaml").map(({ label }) => label);

describe("documents of a file", () => {
  test.each<[string, string, unknown[]]>([
    ["one document", "id: a\n", [{ id: "a" }]],
    ["several, with a leading separator", "---\nid: a\n---\nid: b\n", [{ id: "a" }, { id: "b" }]],
    ["empty ones are left out", "---\n---\nid: b\n---\n", [{ id: "b" }]],
    ["a list is its items", "- id: a\n- id: b\n", [{ id: "a" }, { id: "b" }]],
    ["JSON", '[{"id": "a"}, {"id": "b", "n": 3}]', [{ id: "a" }, { id: "b", n: 3 }]],
    ["an alias repeats its anchor", "a: &x {k: v}\nb: *x\n", [{ a: { k: "v" }, b: { k: "v" } }]],
    [
      "a merge key yields to what stands beside it",
      "base: &x {k: 1, l: 2}\nuse:\n  <<: *x\n  k: 3\n",
      [{ base: { k: 1, l: 2 }, use: { k: 3, l: 2 } }],
    ],
    ["nothing at all", "", []],
    ["only a comment", "# nothing\n", []],
  ])("%s", (_, text, expected) => {
    expect(plain(text)).toEqual(expected);
  });

  test("each is labelled with file and number, items of a list with their own number", () => {
    expect(labels("id: a\n---\nid: b\n")).toEqual(["f.yaml: document 1", "f.yaml: document 2"]);
    expect(labels("- {}\n- {}\n")).toEqual([
      "f.yaml: document 1 item 1",
      "f.yaml: document 1 item 2",
    ]);
  });

  test("a broken document is reported with its line and does not hide the others", () => {
    const [first, second, third] = readDocuments("id: a\n---\nid: b\nid: c\n---\nid: d\n", "f");
    expect(first?.fault).toBeUndefined();
    expect(second).toMatchObject({
      label: "f: document 2",
      fault: expect.stringMatching(/^line 4: /),
    });
    expect(third?.source.kind).toBe("map");
  });

  test("a fault never quotes the text, which may hold a secret", () => {
    const [document] = readDocuments("key: 'hunter2\nother: [", "f");
    expect(document?.fault).toMatch(/^line \d+: /);
    expect(document?.fault).not.toContain("hunter2");
  });

  test("a document that is nested without end is refused", () => {
    const deep = `${"[".repeat(200)}${"]".repeat(200)}`;
    expect(readDocuments(`a: ${deep}`, "f")[0]?.fault).toMatch(/nested deeper than/);
  });

  test("of more aliases than anybody writes is refused, however short it is", () => {
    const lines = Array.from({ length: 9 }, (_, n) => `a${n}: &a${n} [${`*a${n - 1},`.repeat(9)}]`);
    const bomb = `a-1: &a-1 x\n${lines.join("\n")}\n`;
    expect(readDocuments(bomb, "f")[0]?.fault).toMatch(/aliases repeat more than 100000 values/);
  });
});

test("a number keeps the text it was written with", () => {
  const [document] = readDocuments("a: 1.10\nb: 0x10\nc: '7'\n18446744073709551615: x\n", "f");
  const source = document?.source;
  const entries = source?.kind === "map" ? source.entries : [];
  const texts = entries.map(([key, value]) => [key, value.kind === "scalar" ? value.text : ""]);
  expect(texts).toEqual([
    ["a", "1.10"],
    ["b", "0x10"],
    ["c", "7"],
    ["18446744073709551615", "x"],
  ]);
});
