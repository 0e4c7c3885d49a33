// What is kept of reads, around the moment of a commit.
import { create } from "@bufbuild/protobuf";
import { describe, expect, test } from "@jest/globals";
import { ImageSchema } from "../../gen/metal/v1/image_pb.ts";
import { most, Recent } from "../../src/store/recent.ts";

const image = (name: string) => create(ImageSchema, { id: "a", name, features: [1] });

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

describe("when there is no room", () => {
  const full = () => {
    const recent = new Recent();
    for (let n = 0; n < most; n += 1) recent.keep(`image ${n}`, image(`${n}`), 0);
    return recent;
  };
  const isKnown = (recent: Recent, ...keys: string[]) =>
    keys.map((key) => recent.known(key) !== undefined);

  test("what is looked at again takes the place of the oldest", () => {
    const recent = full();
    const looks = [1, 2].map(() => Object.isFrozen(recent.keep("image a", image("a"), 0)));
    expect(looks).toEqual([false, true]);
    expect(isKnown(recent, "image 0", "image 1", "image a")).toEqual([false, true, true]);
  });

  test("who looks through everything pushes nothing out, again and again", () => {
    const recent = full();
    for (let walk = 0; walk < 3; walk += 1)
      for (let n = 0; n <= most; n += 1) recent.keep(`machine ${n}`, image(`${n}`), 0);
    expect(isKnown(recent, "image 0", `image ${most - 1}`)).toEqual([true, true]);
  });

  test("a change makes room for anything", () => {
    const recent = full();
    recent.touch("image 7");
    recent.committed();
    recent.keep("image a", image("a"), recent.commits);
    expect(isKnown(recent, "image 0", "image 7", "image a")).toEqual([true, false, true]);
  });
});
