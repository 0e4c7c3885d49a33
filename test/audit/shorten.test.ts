import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import { expect, test } from "@jest/globals";
import { shortened } from "../../src/audit/shorten.ts";

const sizeOf = (value: JsonValue) => JSON.stringify(value).length;

test("a request that is small enough is kept as it is", () => {
  const request = { id: "a", tags: ["b"], text: "x".repeat(60_000) };
  expect(shortened(request)).toBe(request);
});

test("what is asked for beside something large is kept, and how much there was", () => {
  const request = { padding: "x".repeat(100_000), machine: { id: "a" }, tags: ["b"] };
  expect(shortened(request)).toEqual({
    "@omitted": "of 100048 characters of JSON",
    padding: `${"x".repeat(4096)}…`,
    machine: { id: "a" },
    tags: ["b"],
  });
});

test("long lists are cut, too, and names that callers choose", () => {
  const request = {
    ports: Array.from({ length: 9000 }, () => "12345"),
    labels: { ["k".repeat(9000)]: "v" },
    id: "a",
  };
  const { ports, ...others } = shortened(request);
  expect(ports).toHaveLength(501);
  expect((ports as string[]).at(-1)).toBe("@omitted 8500");
  expect(others).toMatchObject({ labels: { [`${"k".repeat(4096)}…`]: "v" }, id: "a" });
});

test("a request that is nested too deeply to be read again is cut where it goes too deep", () => {
  const nested = (depth: number): JsonObject =>
    depth === 0 ? { name: "n" } : { safe: nested(depth - 1) };
  expect(shortened(nested(19))).toEqual(nested(19));
  expect(JSON.stringify(shortened(nested(90)))).toMatch(/^.{20,60}("safe":\{){19}.*@omitted/);
});

test("nothing is so wide and so deep that it does not fit", () => {
  const wide = (depth: number): JsonValue =>
    depth === 0 ? "x".repeat(200) : Array.from({ length: 12 }, () => wide(depth - 1));
  const kept = shortened({ id: "a", wide: wide(4) });
  expect(sizeOf(kept)).toBeLessThanOrEqual(64 * 1024);
  expect(shortened({ id: "a", wide: { a: wide(2), b: wide(4) } })).toMatchObject({ id: "a" });
});
