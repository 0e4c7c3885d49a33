// What is kept of reads, around the moment of a commit.
import { create } from "@bufbuild/protobuf";
import { expect, test } from "@jest/globals";
import { ImageSchema } from "../../gen/metal/v1/image_pb.ts";
import { Recent } from "../../src/store/recent.ts";

const image = (name: string) => create(ImageSchema, { id: "a", name, features: [1] });
const most = 2000;

test("what was read is known until a change of it is committed", () => {
  const recent = new Recent();
  const one = recent.keep("image a", image("1"), recent.commits);
  recent.touch("image a");
  expect(recent.known("image a")).toBe(one);
  recent.committed();
  expect(recent.known("image a")).toBeUndefined();
});

test("what others have changed leaves it known", () => {
  const recent = new Recent();
  const one = recent.keep("image a", image("1"), recent.commits);
  recent.touch("image b");
  recent.committed();
  recent.committed();
  expect(recent.known("image a")).toBe(one);
});

test("a change is forgotten with its commit", () => {
  const recent = new Recent();
  recent.touch("image a");
  recent.committed();
  const one = recent.keep("image a", image("1"), recent.commits);
  recent.committed();
  expect(recent.known("image a")).toBe(one);
});

test("what was found by a read that began before a commit is not kept", () => {
  const recent = new Recent();
  const begun = recent.commits;
  recent.committed();
  expect(recent.keep("image a", image("before"), begun)).toMatchObject({ name: "before" });
  expect(recent.known("image a")).toBeUndefined();
});

test("nobody changes what all look at, however deep", () => {
  const recent = new Recent();
  const shared = recent.keep("image a", image("1"), recent.commits);
  expect(() => Object.assign(shared, { name: "2" })).toThrow(TypeError);
  expect(() => shared.features.push(2)).toThrow(TypeError);
});

test("the oldest makes room for the newest", () => {
  const recent = new Recent();
  for (let n = 0; n < most; n += 1) recent.keep(`image ${n}`, image(`${n}`), recent.commits);
  expect(recent.isFull).toBe(true);
  recent.keep("image a", image("a"), recent.commits);
  const known = ["image 0", "image 1", "image a"].map((key) => recent.known(key) !== undefined);
  expect(known).toEqual([false, true, true]);
});
