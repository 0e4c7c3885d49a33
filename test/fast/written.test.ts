// What is written once, and what is written each time.
import { create } from "@bufbuild/protobuf";
import { expect, test } from "@jest/globals";
import { BookSchema } from "../../examples/own-server/gen/library/v1/library_pb.ts";
import { writingOnce } from "../../src/fast/written.ts";

const book = (isbn: string) => create(BookSchema, { isbn });

test("a frozen message is written once, and another one like it by itself", () => {
  const asked: unknown[] = [];
  const write = writingOnce((message) => {
    asked.push(message);
    return new Uint8Array([asked.length]);
  });
  const [one, other] = [Object.freeze(book("1")), Object.freeze(book("1"))];
  expect([write(one), write(other), write(one)].map(([byte]) => byte)).toEqual([1, 2, 1]);
  expect(asked).toEqual([one, other]);
});

test("a message that may change is written each time", () => {
  const changing = book("1");
  const write = writingOnce((message) => new TextEncoder().encode(JSON.stringify(message)));
  const before = write(changing);
  changing.isbn = "2";
  expect(write(changing)).not.toEqual(before);
});

test("what cannot be written is tried again", () => {
  const write = writingOnce(() => {
    throw new Error("no");
  });
  const one = Object.freeze(book("1"));
  expect(() => write(one)).toThrow("no");
  expect(() => write(one)).toThrow("no");
});
