import { describe, expect, test } from "@jest/globals";
import { createSealer } from "../../src/secrets/sealer.ts";

const secret = "a secret of at least thirty-two bytes";
const sealer = createSealer(secret);

test("what was sealed is opened by whoever has the secret", () => {
  const sealed = sealer.seal("key ä", "here");
  expect(createSealer(secret).open(sealed, "here")).toBe("key ä");
  expect(Buffer.from(sealed).toString("latin1")).not.toContain("key");
});

test("the same text is never sealed alike", () => {
  expect(sealer.seal("key", "here")).not.toEqual(sealer.seal("key", "here"));
});

describe("nothing is opened", () => {
  const sealed = () => Uint8Array.from(sealer.seal("key", "here"));

  test("in another place", () => {
    expect(() => sealer.open(sealed(), "there")).toThrow();
  });

  test("with another secret", () => {
    expect(() => createSealer(`${secret}!`).open(sealed(), "here")).toThrow();
  });

  test("once any byte of it was changed", () => {
    for (const at of sealed().keys()) {
      const changed = sealed();
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(() => sealer.open(changed, "here")).toThrow();
    }
  });

  test("of which something is missing", () => {
    for (const length of sealed().keys())
      expect(() => sealer.open(sealed().subarray(0, length), "here")).toThrow();
  });
});
