// What every store for firmware must do, wherever it keeps it.
import { createHash } from "node:crypto";
import { expect, test } from "@jest/globals";
import type { FirmwareName } from "../../src/domain/firmware.ts";
import type { FirmwareStore } from "../../src/firmware/store.ts";
import { failure } from "../world/failure.ts";

/** A name that holds every character there can be. */
export const oddName: FirmwareName = {
  kind: "bios",
  vendor: "super micro (tm)",
  board: "X11+._-()",
  revision: "3.5 a+b",
};
export const plainName: FirmwareName = {
  kind: "bmc",
  vendor: "acme",
  board: "B1",
  revision: "1.0",
};

/** Chunks, and what is announced of them. */
export function uploadOf(texts: readonly string[], announced: object = {}) {
  const body = texts.join("");
  const sha256 = createHash("sha256").update(body).digest("hex");
  async function* chunks() {
    for (const text of texts) yield Buffer.from(text);
  }
  return { size: Buffer.byteLength(body), sha256, chunks: chunks(), ...announced };
}

/** The tests of a store; `open` returns an empty one. */
export function describeStore(open: () => FirmwareStore): void {
  const put = (name: FirmwareName, texts: readonly string[], announced: object = {}) =>
    open().put(name, uploadOf(texts, announced));
  const load = async (name: FirmwareName) => {
    const response = await fetch(await open().url(name, 60));
    return response.ok ? response.text() : response.status;
  };

  test.each([
    ["with odd characters", oddName],
    ["plain", plainName],
  ] as const)(
    "what was put under a name %s is found, listed, loaded and removed",
    async (_, name) => {
      const kept = await put(name, ["first ", "second ", "third"]);
      const { sha256 } = uploadOf(["first second third"]);
      expect(kept).toMatchObject({ name, size: 18, sha256 });
      expect(await open().find(name)).toMatchObject({ name, size: 18, sha256 });
      const age = Date.now() - ((await open().find(name))?.created.getTime() ?? 0);
      expect(Math.abs(age)).toBeLessThan(60_000);
      expect(await open().names()).toEqual([name]);
      expect(await load(name)).toBe("first second third");
      await open().remove(name);
      expect([await open().names(), await open().find(name)]).toEqual([[], undefined]);
      expect(await load(name)).toBe(404);
      await open().remove(name);
    },
  );

  test("what is put again replaces what was there", async () => {
    await put(plainName, ["old"]);
    await put(plainName, ["newer"]);
    expect(await open().find(plainName)).toMatchObject({ size: 5 });
    expect(await load(plainName)).toBe("newer");
    expect(await open().names()).toEqual([plainName]);
  });

  test("all names are listed, however many", async () => {
    const names = ["1", "2", "3", "4", "5"].map((revision) => ({ ...plainName, revision }));
    for (const name of names) await put(name, ["x"]);
    const revisions = (await open().names()).map(({ revision }) => revision);
    expect(revisions.toSorted((a, b) => a.localeCompare(b))).toEqual(["1", "2", "3", "4", "5"]);
  });

  test.each([
    ["shorter than announced", { size: 9 }, "header.size: 9 bytes were announced, 8 came"],
    ["longer than announced", { size: 7 }, "header.size: 7 bytes were announced, and more came"],
    ["another than announced", { sha256: "0".repeat(64) }, "header.sha256: what came has"],
  ])("what is %s is refused, and what was there stays", async (_, announced, text) => {
    await put(plainName, ["old"]);
    const refused = await failure(put(plainName, ["four", "four"], announced));
    expect(refused).toContain(`InvalidArgument: ${text}`);
    expect(await load(plainName)).toBe("old");
    expect(await open().names()).toEqual([plainName]);
  });

  test("what its sender ends in the middle of is not kept", async () => {
    async function* chunks() {
      yield Buffer.from("four");
      throw new Error("the line went dead");
    }
    const upload = { ...uploadOf(["four", "four"]), chunks: chunks() };
    expect(await failure(open().put(plainName, upload))).not.toBe("no failure");
    expect(await open().names()).toEqual([]);
  });

  test("a large one passes through in pieces", async () => {
    const texts = Array.from({ length: 40 }, (_, at) => String(at % 10).repeat(256 * 1024));
    await put(plainName, texts);
    expect(await load(plainName)).toBe(texts.join(""));
  });

  test("a name that would leave its place is refused, and nothing is found under it", async () => {
    const names = ["..", "a/b", "a\\b", "", ".a", "a\0"].map((board) => ({ ...plainName, board }));
    for (const name of names) {
      await expect(put(name, ["x"])).rejects.toThrow("names no firmware");
      expect(await open().find(name)).toBeUndefined();
    }
  });
}
