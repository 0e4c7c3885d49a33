// What is remembered of reads, around the moment of a commit.
import { create } from "@bufbuild/protobuf";
import { expect, test } from "@jest/globals";
import { type Image, ImageSchema } from "../../gen/metal/v1/image_pb.ts";
import { Recent } from "../../src/store/recent.ts";

const image = (name: string) => create(ImageSchema, { id: "a", name, features: [1] });
const finds = (name: string) => async () => image(name);

test("what was read is read no more until the next commit", async () => {
  const recent = new Recent();
  expect(await recent.get("image a", finds("1"))).toMatchObject({ name: "1" });
  expect(await recent.get("image a", finds("2"))).toMatchObject({ name: "1" });
  recent.forget();
  expect(await recent.get("image a", finds("3"))).toMatchObject({ name: "3" });
});

test.each([false, true])(
  "a read under way while somebody commits is not remembered (others were: %s)",
  async (others) => {
    const recent = new Recent();
    if (others) await recent.get("image b", finds("other"));
    const found = Promise.withResolvers<Image>();
    const reading = recent.get("image a", () => found.promise);
    recent.forget();
    found.resolve(image("before"));
    expect(await reading).toMatchObject({ name: "before" });
    expect(await recent.get("image a", finds("after"))).toMatchObject({ name: "after" });
  },
);

test("what is not there is looked for each time", async () => {
  const recent = new Recent();
  expect(await recent.get("image a", async () => undefined)).toBeUndefined();
  expect(await recent.get("image a", finds("1"))).toMatchObject({ name: "1" });
});

test("a read that fails is tried again", async () => {
  const recent = new Recent();
  const failing = async () => recent.get("image a", () => Promise.reject(new Error("busy")));
  await expect(failing()).rejects.toThrow("busy");
  expect(await recent.get("image a", finds("1"))).toMatchObject({ name: "1" });
});

test("nobody changes what all look at, however deep", async () => {
  const shared = await new Recent().get("image a", finds("1"));
  expect(() => Object.assign(shared ?? {}, { name: "2" })).toThrow(TypeError);
  expect(() => shared?.features.push(2)).toThrow(TypeError);
});

test("more than a thousand are read again and again, and forgotten with the rest", async () => {
  const recent = new Recent();
  for (let n = 0; n < 1000; n += 1) await recent.get(`image ${n}`, finds("1"));
  await recent.get("image a", finds("1"));
  expect(await recent.get("image a", finds("2"))).toMatchObject({ name: "2" });
  expect(await recent.get("image 7", finds("2"))).toMatchObject({ name: "1" });
});
