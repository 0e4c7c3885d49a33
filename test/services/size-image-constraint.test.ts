import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { ImageFeature, ImageService } from "../../gen/metal/v1/image_pb.ts";
import { SizeImageConstraintService } from "../../gen/metal/v1/size_image_constraint_pb.ts";
import { SizeService } from "../../gen/metal/v1/size_pb.ts";
import { failure } from "../world/failure.ts";
import { startWorld, type World } from "../world/server.ts";

let world: World;
beforeEach(async () => {
  world = await startWorld();
  for (const id of ["n1", "c1"]) await sizes().create({ size: { id } });
});
afterEach(() => world.close());

const sizes = () => world.client(SizeService, "admin");
const constraints = () => world.client(SizeImageConstraintService, "admin");
const viewer = () => world.client(SizeImageConstraintService, "view");
const make = (id: string, images: Record<string, string>) =>
  constraints().create({ sizeImageConstraint: { id, constraints: { images } } });
const makeImage = (id: string, days = 90) =>
  world.client(ImageService, "admin").create({
    image: {
      id,
      url: "https://images.example/a",
      features: [ImageFeature.MACHINE],
      expirationDate: timestampFromMs(Date.now() + days * 86_400_000),
    },
  });

describe("create", () => {
  test("keeps the rules of a size under its id", async () => {
    const { sizeImageConstraint: created } = await make("n1", { "firewall-ubuntu": ">= 2.0.1" });
    const { sizeImageConstraint: read } = await viewer().get({ id: "n1" });
    expect(read).toEqual(created);
    expect(read?.constraints?.images).toEqual({ "firewall-ubuntu": ">= 2.0.1" });
  });

  test("is refused for a size that does not exist", async () => {
    expect(await failure(make("n2", {}))).toBe('FailedPrecondition: there is no size "n2"');
  });

  test("is refused for a size that has one", async () => {
    await make("n1", { ubuntu: "> 1" });
    expect(await failure(make("n1", {}))).toMatch(/^AlreadyExists: .*"n1"/);
    const { sizeImageConstraint } = await viewer().get({ id: "n1" });
    expect(sizeImageConstraint?.constraints?.images).toEqual({ ubuntu: "> 1" });
  });

  test("names every rule that cannot be read", async () => {
    const refused = await failure(make("n1", { "*": "*", debian: ">=10" }));
    expect(refused).toMatch(
      /^InvalidArgument: size_image_constraint\.constraints\.images\["\*"]: /,
    );
    expect(refused).toContain('images["debian"]: version constraint ">=10" needs one space');
  });
});

describe("update", () => {
  const change = (sizeImageConstraint: object, paths: string[] = []) =>
    constraints().update({ sizeImageConstraint, updateMask: { paths } });

  beforeEach(async () => {
    await make("n1", { ubuntu: ">= 20.04", debian: "*" });
  });

  test("without images keeps them", async () => {
    const { sizeImageConstraint } = await change({ id: "n1", generation: 0n, description: "d" });
    expect(sizeImageConstraint).toMatchObject({
      description: "d",
      constraints: { images: { ubuntu: ">= 20.04", debian: "*" } },
    });
  });

  test("with images replaces them all", async () => {
    const images = { ubuntu: ">= 22.04" };
    const { sizeImageConstraint } = await change({
      id: "n1",
      generation: 0n,
      constraints: { images },
    });
    expect(sizeImageConstraint?.constraints?.images).toEqual(images);
  });

  test("clears the images if its mask names them", async () => {
    const { sizeImageConstraint } = await change({ id: "n1", generation: 0n }, [
      "constraints.images",
    ]);
    expect(sizeImageConstraint?.constraints?.images).toEqual({});
  });

  test("is judged like a new one", async () => {
    const refused = await failure(
      change({ id: "n1", generation: 0n, constraints: { images: { ubuntu: "x" } } }),
    );
    expect(refused).toMatch(
      /^InvalidArgument: size_image_constraint\.constraints\.images\["ubuntu"/,
    );
  });
});

describe("try", () => {
  const tried = async (size: string, image: string) =>
    (await viewer().try({ size, image })).image?.id;

  beforeEach(async () => {
    await make("n1", { ubuntu: ">= 22.04", debian: "*" });
    for (const id of ["ubuntu-20.04.20240101", "ubuntu-22.04.0", "debian-12.0.1", "arch-1.0.1"])
      await makeImage(id);
  });

  test.each([
    ["an image that the rule accepts, its patch being 0", "n1", "ubuntu-22.04.0"],
    ["an image of any version", "n1", "debian-12.0.1"],
    ["an image whose operating system has no rule", "n1", "arch-1.0.1"],
    ["any image for a size without constraint", "c1", "ubuntu-20.04.20240101"],
  ])("answers %s", async (_, size, image) => {
    expect(await tried(size, image)).toBe(image);
  });

  test("refuses an image that is too old, naming all that matters", async () => {
    expect(await failure(viewer().try({ size: "n1", image: "ubuntu-20.04.20240101" }))).toBe(
      'FailedPrecondition: size "n1" does not allow image "ubuntu-20.04.20240101": ubuntu must be ">= 22.04" there',
    );
  });

  test("judges a shortened id by the image that it stands for", async () => {
    await makeImage("debian-12.0.7");
    expect(await tried("n1", "debian-12")).toBe("debian-12.0.7");
    expect(await failure(viewer().try({ size: "n1", image: "ubuntu-20" }))).toContain(
      '"ubuntu-20.04.20240101"',
    );
  });

  test("knows neither a size nor an image that is not there, nor one that has expired", async () => {
    expect(await failure(viewer().try({ size: "x", image: "debian-12" }))).toBe(
      'NotFound: no size "x"',
    );
    expect(await failure(viewer().try({ size: "n1", image: "debian-13" }))).toMatch(/^NotFound: /);
    await makeImage("nixos-24.1.1", -1);
    expect(await failure(viewer().try({ size: "n1", image: "nixos-24" }))).toMatch(/^NotFound: /);
  });

  test("refuses what is no image id, naming the field", async () => {
    expect(await failure(viewer().try({ size: "n1", image: "debian" }))).toBe(
      'InvalidArgument: image: "debian" is not <os>-<version>',
    );
  });
});

test("a list is restricted by operating system", async () => {
  await make("n1", { ubuntu: "*", debian: "*" });
  await make("c1", { debian: "*" });
  const ids = async (filter: object) =>
    (await viewer().list(filter)).sizeImageConstraints.map(({ id }) => id);
  expect(await ids({})).toEqual(["c1", "n1"]);
  expect(await ids({ os: "ubuntu" })).toEqual(["n1"]);
  expect(await ids({ id: "c1", os: "ubuntu" })).toEqual([]);
});

test("a size is not deleted while it has a constraint", async () => {
  await make("n1", { ubuntu: "*" });
  expect(await failure(sizes().delete({ id: "n1" }))).toBe(
    'FailedPrecondition: size "n1" is in use by 1 size image constraint',
  );
  await constraints().delete({ id: "n1" });
  expect(await failure(sizes().delete({ id: "n1" }))).toBe("no failure");
});
