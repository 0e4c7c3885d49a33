import { brotliCompressSync, constants } from "node:zlib";
import { expect, test } from "@jest/globals";
import { compressions } from "../../src/http/compression.ts";

const text = new TextEncoder().encode("a machine in a rack, and ".repeat(1000));

test.each(compressions.map((one) => [one.name, one] as const))(
  "what %s compresses, it decompresses again, up to a limit",
  async (_, { compress, decompress }) => {
    const compressed = await compress(text);
    expect(compressed.byteLength).toBeLessThan(text.byteLength / 10);
    expect(new Uint8Array(await decompress(compressed, text.byteLength))).toEqual(text);
    await expect(decompress(compressed, text.byteLength - 1)).rejects.toThrow();
  },
);

test("Brotli does not try its hardest, which costs a hundred times as much", async () => {
  const brotli = compressions.find(({ name }) => name === "br");
  const params = { [constants.BROTLI_PARAM_QUALITY]: 4 };
  expect(Buffer.from((await brotli?.compress(text)) ?? [])).toEqual(
    brotliCompressSync(text, { params }),
  );
});
