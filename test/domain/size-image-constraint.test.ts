// Which versions of images machines of a size can be installed with.
import { create } from "@bufbuild/protobuf";
import { describe, expect, test } from "@jest/globals";
import {
  type SizeImageConstraint,
  SizeImageConstraintSchema,
} from "../../gen/metal/v1/size_image_constraint_pb.ts";
import { assertAllowed, assertConstraint } from "../../src/domain/size-image-constraint.ts";

const constraint = (images: Record<string, string>): SizeImageConstraint =>
  create(SizeImageConstraintSchema, { id: "c1", constraints: { images } });

describe("valid", () => {
  test.each([
    "*",
    "10",
    "10.1",
    "10.1.20220101",
    "= 10",
    "!= 10",
    "> 10",
    "< 10",
    ">= 20.04.20211011",
    "=> 10",
    "<= 9.9",
    "=< 9.9",
    "~ 10.1.3",
    "~> 10.1.3",
    "^ 10.1.3",
  ])("%s", (rule) => {
    expect(() => assertConstraint(constraint({ ubuntu: rule }))).not.toThrow();
  });

  test("no rule at all", () => {
    expect(() => assertConstraint(constraint({}))).not.toThrow();
    expect(() => assertConstraint(create(SizeImageConstraintSchema, { id: "c1" }))).not.toThrow();
  });
});

test.each(["", ">=10.0.1", ">= 10.x.1", ">= 1, < 2", "1 || 2", "10.*", "latest", "~10", "> > 1"])(
  'the constraint "%s" is refused under its operating system',
  (rule) => {
    expect(() => assertConstraint(constraint({ ubuntu: rule }))).toThrow(
      `size_image_constraint.constraints.images["ubuntu"]: version constraint "${rule}" `,
    );
  },
);

test("all that is wrong is told at once", () => {
  expect(() => assertConstraint(constraint({ "*": "*", debian: "x" }))).toThrow(
    'size_image_constraint.constraints.images["*"]: "*" is not an operating system; name each one; ' +
      'size_image_constraint.constraints.images["debian"]: ',
  );
});

describe("a rule allows", () => {
  test.each([
    ["*", "9.0", true],
    ["10", "10.0", true],
    ["10", "10.7.20220101", true],
    ["10", "11.0", false],
    ["10.1", "10.1.20220101", true],
    ["10.1", "10.2.1", false],
    ["10.1.20220101", "10.1.20220101", true],
    ["10.1.20220101", "10.1.20220102", false],
    ["> 10", "10.9.9", false],
    ["> 10", "11.0.0", true],
    [">= 10", "10.0.0", true],
    [">= 10", "9.9.9", false],
    ["<= 9.9", "9.9.20220101", true],
    ["<= 9.9", "9.10.0", false],
    ["< 10", "9.99.1", true],
    ["< 10", "10.0.0", false],
    ["~ 10.1.3", "10.1.4", true],
    ["~ 10.1.3", "10.1.2", false],
    ["~> 10.1.3", "10.2.0", false],
    ["^ 10.1.3", "10.9.0", true],
    ["^ 10.1.3", "11.0.0", false],
    ["!= 10", "10.4.1", false],
    ["!= 10", "9.4.1", true],
    [">= 22.04", "22.4.1", true],
    [">= 22.04", "22.03.9", false],
  ])("%s: ubuntu-%s %s", (rule, version, expected) => {
    const allowed = () =>
      assertAllowed("c1", constraint({ ubuntu: rule }), {
        id: `ubuntu-${version}`,
      });
    if (expected) expect(allowed).not.toThrow();
    else expect(allowed).toThrow();
  });
});

describe("every image is allowed", () => {
  const image = { id: "ubuntu-19.04.20200401" };
  test.each([
    ["without a constraint", undefined],
    ["by a constraint without rules", create(SizeImageConstraintSchema, { id: "c1" })],
    ["whose operating system has no rule", constraint({ debian: "> 99", "ubuntu-19": "> 99" })],
  ])("%s", (_, given) => {
    expect(() => assertAllowed("c1", given, image)).not.toThrow();
  });

  test("whose operating system is named like a part of the language", () => {
    for (const id of ["constructor-1.0", "toString-1.0"])
      expect(() => assertAllowed("c1", constraint({}), { id })).not.toThrow();
  });
});

test("a refusal names size, image, operating system and rule", () => {
  const given = constraint({ "firewall-ubuntu": ">= 2.0.20210912" });
  expect(() => assertAllowed("n1", given, { id: "firewall-ubuntu-2.0.20200331" })).toThrow(
    'size "n1" does not allow image "firewall-ubuntu-2.0.20200331": firewall-ubuntu must be ">= 2.0.20210912" there',
  );
});

test("an image whose patch is 0 or left out is judged like any other", () => {
  const given = constraint({ ubuntu: ">= 22.04" });
  for (const id of ["ubuntu-22.04", "ubuntu-22.04.0", "ubuntu-24.0.0"])
    expect(() => assertAllowed("c1", given, { id })).not.toThrow();
  expect(() => assertAllowed("c1", given, { id: "ubuntu-21.0" })).toThrow("does not allow");
});
