// Headers over Node's are what headers of the Fetch standard are: everything is done to both.
import { describe, expect, test } from "@jest/globals";
import { NodeHeaders } from "../../src/fast/headers.ts";

const all = (headers: Headers) => {
  const told: unknown[] = [];
  headers.forEach((value, name, self) => told.push([value, name, self === headers]));
  return {
    told,
    entries: [...headers],
    keys: [...headers.keys()],
    values: [...headers.values()],
    cookies: headers.getSetCookie(),
  };
};

type Step = (headers: Headers) => unknown;

const steps: readonly (readonly [string, Step])[] = [
  ["a name in capitals", (h) => h.set("X-A", "1")],
  ["a second value", (h) => h.append("x-a", "2")],
  ["spaces around a value", (h) => h.append("x-b", " \t3 ")],
  ["an empty value", (h) => h.set("x-empty", "")],
  ["one byte for each character", (h) => h.set("x-c", "é\u0001")],
  ["a cookie", (h) => h.append("cookie", "a=1")],
  ["another cookie", (h) => h.append("Cookie", "b=2")],
  ["a cookie that is set", (h) => h.append("set-cookie", "a=1")],
  ["another cookie that is set", (h) => h.append("Set-Cookie", "b=2")],
  ["what Object has", (h) => [h.get("constructor"), h.has("toString"), h.get("hasOwnProperty")]],
  ["a name that prototypes have", (h) => h.set("constructor", "x")],
  ["what is there", (h) => [h.get("x-A"), h.has("X-a"), h.get("set-cookie")]],
  ["what is not there", (h) => [h.get("x-z"), h.has("x-z"), h.delete("x-z")]],
  ["one less", (h) => h.delete("X-A")],
  ["what goes while it is looked at", (h) => h.forEach((_, name) => h.delete(name))],
  ["what comes after that", (h) => h.set("x-new", "1")],
  ["no number", (h) => h.set("x-number", 5 as unknown as string)],
];

test("they hold the same after each of many steps", () => {
  const [ours, theirs] = [new NodeHeaders({ "x-first": "0" }), new Headers({ "x-first": "0" })];
  for (const [name, step] of steps) {
    const found = [step(ours), step(theirs)];
    expect([name, found[0], all(ours)]).toEqual([name, found[1], all(theirs)]);
  }
});

describe("what HTTP has no place for", () => {
  test.each([
    ["a line break", "x-a", "1\nx-b: 2"],
    ["a carriage return", "x-a", "1\r2"],
    ["a zero", "x-a", "\u00002"],
    ["two bytes", "x-a", "Ā"],
    ["a space in a name", "x a", "1"],
    ["no name", "", "1"],
    ["a pseudo-header", ":path", "/"],
  ])("%s", (_, name, value) => {
    for (const headers of [new NodeHeaders({}), new Headers()]) {
      expect(() => headers.set(name, value)).toThrow(TypeError);
      expect(() => headers.append(name, value)).toThrow(TypeError);
      expect([...headers]).toEqual([]);
    }
  });
});

test("pseudo-headers of a request are not among them", () => {
  const headers = new NodeHeaders({ ":path": "/", accept: "x", "set-cookie": ["a=1", "b=2"] });
  expect([...headers]).toEqual([
    ["accept", "x"],
    ["set-cookie", "a=1"],
    ["set-cookie", "b=2"],
  ]);
  expect([headers.get(":path"), headers.has(":path")]).toEqual([null, false]);
});
