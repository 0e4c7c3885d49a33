import { expect, test } from "@jest/globals";
import { gathered, isEnveloped } from "../../src/http/gathered.ts";

const limit = 1000;

async function* source(...pieces: readonly Uint8Array[]) {
  yield* pieces;
}

/** The lengths of the pieces that come out. */
async function lengths(enveloped: boolean, ...pieces: readonly Uint8Array[]): Promise<number[]> {
  const all = await Array.fromAsync(gathered(source(...pieces), { limit, enveloped }));
  expect(Buffer.concat(all)).toEqual(Buffer.concat(pieces));
  return all.map(({ byteLength }) => byteLength);
}

function envelope(length: number): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(length, 1);
  return Buffer.concat([head, Buffer.alloc(length, 7)]);
}

const single = (bytes: Uint8Array) => Array.from(bytes, (byte) => Uint8Array.of(byte));

test("a message that comes byte by byte goes on in one piece", async () => {
  expect(await lengths(true, ...single(envelope(300)))).toEqual([305]);
  expect(await lengths(false, ...single(Buffer.alloc(300)))).toEqual([300]);
});

test("messages go on as soon as they are there, also when they come together", async () => {
  const messages = Buffer.concat([envelope(10), envelope(0), envelope(200)]);
  expect(await lengths(true, messages)).toEqual([220 + 5]);
  expect(await lengths(true, messages.subarray(0, 18), messages.subarray(18))).toEqual([15, 210]);
  expect(await lengths(true, ...single(messages))).toEqual([15, 5, 205]);
});

test("what is incomplete at the end goes on, to be refused", async () => {
  expect(await lengths(true, envelope(10), Buffer.alloc(3))).toEqual([15, 3]);
  expect(await lengths(true, ...single(envelope(10).subarray(0, 12)))).toEqual([12]);
  expect(await lengths(true)).toEqual([]);
});

test("what is too large goes on as it comes, to be refused", async () => {
  expect(await lengths(true, envelope(1001).subarray(0, 7), ...single(envelope(1)))).toEqual([
    7, 1, 1, 1, 1, 1, 1,
  ]);
  expect(await lengths(false, Buffer.alloc(800), Buffer.alloc(800), Buffer.alloc(5))).toEqual([
    1600, 5,
  ]);
});

test("what the sender is told of a body that breaks off stays the same", async () => {
  async function* broken() {
    yield envelope(1);
    throw new Error("cut");
  }
  const pieces = gathered(broken(), { limit, enveloped: true });
  expect((await pieces.next()).value).toHaveLength(6);
  await expect(pieces.next()).rejects.toThrow("cut");
});

test("a piece is never written into, and none is a Buffer", async () => {
  const pieces = [Buffer.from("abc"), Buffer.from("def"), Buffer.from("g")];
  const whole = await Array.fromAsync(gathered(source(...pieces), { limit, enveloped: false }));
  expect(whole).toEqual([new Uint8Array(Buffer.from("abcdefg"))]);
  expect(Buffer.concat(pieces).toString()).toBe("abcdefg");
});

test.each([
  ["application/grpc", true],
  ["application/grpc-web+json", true],
  ["Application/Connect+proto; charset=utf-8", true],
  ["application/proto", false],
  ["application/json", false],
  [undefined, false],
])("%s is enveloped: %s", (contentType, is) => {
  expect(isEnveloped(contentType)).toBe(is);
});
