import { timestampDate, timestampFromDate } from "@bufbuild/protobuf/wkt";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { ImageClassification, ImageFeature, ImageService } from "../../gen/metal/v1/image_pb.ts";
import { failure } from "../world/failure.ts";
import { startWorld, type World } from "../world/server.ts";

let world: World;
beforeEach(async () => {
  world = await startWorld();
});
afterEach(() => world.close());

const images = () => world.client(ImageService, "admin");
const url = "https://images.example/img.tar.lz4";
const dayMs = 24 * 60 * 60 * 1000;
const { MACHINE, FIREWALL } = ImageFeature;

async function make(id: string, values: object = {}): Promise<void> {
  await images().create({ image: { id, url, features: [MACHINE], ...values } });
}

test("a new image is a preview for 90 days, of the os and version its id says", async () => {
  const { image } = await images().create({
    image: { id: "ubuntu-slim-22.04.20240101", url, features: [MACHINE] },
  });
  expect(image).toMatchObject({
    os: "ubuntu-slim",
    version: "22.4.20240101",
    classification: ImageClassification.PREVIEW,
  });
  const end = image?.expirationDate ? timestampDate(image.expirationDate).getTime() : 0;
  expect(Math.abs(end - Date.now() - 90 * dayMs)).toBeLessThan(60_000);
});

test.each([
  ["no version in its id", { id: "ubuntu" }, 'image.id: "ubuntu" is not <os>-<version>'],
  ["only a major version", { id: "ubuntu-22" }, 'image.id: "ubuntu-22" is not <os>-<version>'],
  ["no features", { features: [] }, "image.features: "],
  ["an unknown feature", { features: [9] }, "image.features[0]: "],
  ["a feature twice", { features: [MACHINE, MACHINE] }, "image.features: "],
  ["no web address", { url: "file:///etc/passwd" }, "image.url: "],
  ["an unknown classification", { classification: 9 }, "image.classification: "],
])("an image with %s is refused, by field", async (_, values, text) => {
  const image = { id: "ubuntu-22.04", url, features: [MACHINE], ...values } as object;
  expect(await failure(images().create({ image }))).toContain(`InvalidArgument: ${text}`);
  expect((await images().list({})).images).toEqual([]);
});

test("features of an image cannot be emptied", async () => {
  await make("ubuntu-22.04");
  const update = {
    image: { id: "ubuntu-22.04", generation: 0n },
    updateMask: { paths: ["features"] },
  };
  expect(await failure(images().update(update))).toMatch(/^InvalidArgument: image\.features: /);
});

test("what the id says cannot be overwritten", async () => {
  await make("ubuntu-22.04");
  const { image } = await images().update({
    image: { id: "ubuntu-22.04", generation: 0n, os: "debian", version: "1", usedBy: ["x"] },
  });
  expect(image).toMatchObject({ os: "ubuntu", version: "22.4.0", usedBy: [] });
});

const supported = { classification: ImageClassification.SUPPORTED };
const ended = { expirationDate: timestampFromDate(new Date(Date.now() - dayMs)) };

test.each([
  ["the newest of a release", "ubuntu-19.04", "ubuntu-19.04.20200502"],
  ["a release that another one begins with", "ubuntu-19.10", "ubuntu-19.10.1"],
  ["all of a major version", "ubuntu-19", "ubuntu-19.10.1"],
  ["exactly one image", "ubuntu-19.04.20200408", "ubuntu-19.04.20200408"],
  ["an os whose name is part of another's", "firewall-2.0", "firewall-2.0.1"],
  ["an os with a dash", "firewall-ubuntu-2.0", "firewall-ubuntu-2.0.3"],
  ["a supported image before a newer preview", "debian-12", "debian-12.0.1"],
])("the latest image is %s", async (_, shorthand, id) => {
  await make("ubuntu-19.04.20200408");
  await make("ubuntu-19.04.20200502");
  await make("ubuntu-19.04.20990101", ended);
  await make("ubuntu-19.10.1");
  await make("firewall-2.0.1", { features: [FIREWALL] });
  await make("firewall-ubuntu-2.0.3", { features: [FIREWALL] });
  await make("debian-12.0.1", supported);
  await make("debian-12.0.2");
  expect((await images().getLatest({ id: shorthand })).image?.id).toBe(id);
});

test("a shorthand that stands for nothing is not found, one that is none is refused", async () => {
  await make("ubuntu-20.04.20200502");
  expect(await failure(images().getLatest({ id: "ubuntu-20.04.2020" }))).toMatch(/^NotFound: /);
  expect(await failure(images().getLatest({ id: "ubuntu" }))).toMatch(/^InvalidArgument: id: /);
});

test("a list takes every filter, alone and together", async () => {
  await make("ubuntu-22.04.1", { name: "jammy", ...supported });
  await make("ubuntu-22.04.2", { features: [MACHINE, FIREWALL] });
  await make("debian-12.1");
  const ids = async (filter: object) =>
    (await images().list(filter)).images.map(({ id }) => id).join(" ");
  expect(await ids({ os: "ubuntu" })).toBe("ubuntu-22.04.1 ubuntu-22.04.2");
  expect(await ids({ version: "022.4.1" })).toBe("ubuntu-22.04.1");
  expect(await ids({ name: "jammy", os: "ubuntu" })).toBe("ubuntu-22.04.1");
  expect(await ids({ classification: ImageClassification.SUPPORTED })).toBe("ubuntu-22.04.1");
  expect(await ids({ features: [MACHINE, FIREWALL] })).toBe("ubuntu-22.04.2");
  expect(await ids({ matching: "ubuntu-22" })).toBe("ubuntu-22.04.1 ubuntu-22.04.2");
  expect(await ids({ matching: "ubuntu-22", pageSize: 1 })).toBe("ubuntu-22.04.1");
  expect(await ids({ os: "ubuntu", features: [FIREWALL], name: "jammy" })).toBe("");
});
