// Image ids, what a shortened one stands for, and the order of a list.
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Classification } from "../../src/domain/image.ts";
import {
  compareImageIds,
  defaultPreference,
  type ImageFacts,
  type ImageId,
  imagesMatching,
  latest,
  matchesShorthand,
  parseImageId,
  parseImageQuery,
} from "../../src/domain/image-version.ts";
import { normalVersion } from "../../src/domain/version.ts";

const now = new Date("2026-03-01T12:00:00Z");
const later = new Date("2026-04-01T12:00:00Z");
const earlier = new Date("2026-02-01T12:00:00Z");

const image = (
  id: string,
  classification: Classification = "preview",
  expires = later,
): ImageFacts => ({
  id,
  classification,
  expires,
});

const query = (text: string): ImageId => {
  const parsed = parseImageQuery(text);
  if (parsed === undefined) throw new Error(`no query: ${text}`);
  return parsed;
};

describe("an image id is split at its last dash", () => {
  test.each([
    ["ubuntu-19.4", "ubuntu", "19.4.0"],
    ["ubuntu-19.4.20200408", "ubuntu", "19.4.20200408"],
    ["ubuntu-20.04.20200502", "ubuntu", "20.4.20200502"],
    ["ubuntu-slim-19.4.20200408", "ubuntu-slim", "19.4.20200408"],
    ["firewall-ubuntu-2.0", "firewall-ubuntu", "2.0.0"],
    ["-ubuntu-19.4", "-ubuntu", "19.4.0"],
    ["ubuntu-1.2.3-4.5", "ubuntu-1.2.3", "4.5.0"],
  ])("%s", (id, os, version) => {
    const parsed = parseImageId(id);
    expect(parsed?.os).toBe(os);
    expect(parsed && normalVersion(parsed.version)).toBe(version);
  });

  test.each([
    "",
    "ubuntu",
    "ubuntu-",
    "-19.4",
    "ubuntu-latest",
    "ubuntu-19.4.",
    "ubuntu-1.2.3-rc",
    "ubuntu-1.2.3.4",
  ])("%j is neither an image id nor a shortened one", (id) => {
    expect(parseImageId(id)).toBeUndefined();
    expect(parseImageQuery(id)).toBeUndefined();
  });

  test("a single number is enough to ask for an image, not to name one", () => {
    expect(parseImageId("ubuntu-22")).toBeUndefined();
    expect(parseImageQuery("ubuntu-22")).toMatchObject({ os: "ubuntu", version: { precision: 1 } });
  });
});

describe("a shortened id stands for", () => {
  test.each([
    ["ubuntu-22", "ubuntu-22.04.20230101", true],
    ["ubuntu-22", "ubuntu-22.0.1", true],
    ["ubuntu-22", "ubuntu-2.2.0", false],
    ["ubuntu-22.04", "ubuntu-22.4.7", true],
    ["ubuntu-22.04", "ubuntu-22.04", true],
    ["ubuntu-22.04", "ubuntu-22.10.1", false],
    ["ubuntu-19.1", "ubuntu-19.10.1", false],
    ["ubuntu-22.04.0", "ubuntu-22.04", true],
    ["ubuntu-22.04.0", "ubuntu-22.04.0", true],
    ["ubuntu-22.04.0", "ubuntu-22.04.1", false],
    ["ubuntu-20.4.2020", "ubuntu-20.4.20200502", false],
    ["ubuntu-19.04.20200408", "ubuntu-19.4.20200408", true],
    ["firewall-2", "firewall-ubuntu-2.0", false],
  ])("%s, %s: %s", (shortened, id, expected) => {
    expect(matchesShorthand(query(shortened), query(id))).toBe(expected);
  });
});

const stock = [
  "ubuntu-19.4.20200408",
  "ubuntu-19.4.20200405",
  "ubuntu-19.10.20200407",
  "ubuntu-20.4.20200501",
  "ubuntu-20.4.20200502",
  "ubuntu-22.04.0",
  "ubuntu-22.04.3",
  "alpine-3.9.20191012",
  "alpine-3.10.20191012",
  "firewall-2.0.20200331",
  "firewall-ubuntu-2.0.20200401",
  "debian-13.0",
  "no image id",
].map((id) => image(id));

describe("the latest image", () => {
  test.each([
    ["ubuntu-19.4", "ubuntu-19.4.20200408"],
    ["ubuntu-19.04", "ubuntu-19.4.20200408"],
    ["ubuntu-19.10", "ubuntu-19.10.20200407"],
    ["ubuntu-19", "ubuntu-19.10.20200407"],
    ["ubuntu-19.04.20200408", "ubuntu-19.4.20200408"],
    ["ubuntu-20.4", "ubuntu-20.4.20200502"],
    ["ubuntu-20.4.20200501", "ubuntu-20.4.20200501"],
    ["ubuntu-20.4.20200502", "ubuntu-20.4.20200502"],
    ["ubuntu-20.4.2020", undefined],
    ["ubuntu-18.4", undefined],
    ["alpine-3.9", "alpine-3.9.20191012"],
    ["alpine-3.10", "alpine-3.10.20191012"],
    ["alpine-3", "alpine-3.10.20191012"],
    ["firewall-2", "firewall-2.0.20200331"],
    ["firewall-ubuntu-2", "firewall-ubuntu-2.0.20200401"],
    ["firewall-ubuntu-2.0", "firewall-ubuntu-2.0.20200401"],
    ["debian-13", "debian-13.0"],
  ])("for %s is %s, in whatever order they are stored", (text, expected) => {
    expect(latest(stock, query(text), now)?.id).toBe(expected);
    expect(latest(stock.toReversed(), query(text), now)?.id).toBe(expected);
  });

  test("with patch 0 can be addressed exactly, though newer ones exist", () => {
    expect(latest(stock, query("ubuntu-22.04.0"), now)?.id).toBe("ubuntu-22.04.0");
    expect(latest(stock, query("ubuntu-22.04"), now)?.id).toBe("ubuntu-22.04.3");
    expect(latest(stock, query("debian-13.0.0"), now)?.id).toBe("debian-13.0");
  });

  test("of a major version is not restricted to minor version 0", () => {
    expect(latest(stock, query("ubuntu-22"), now)?.id).toBe("ubuntu-22.04.3");
  });

  const life = [
    image("os-1.0.6", "supported", earlier),
    image("os-1.0.5", "preview"),
    image("os-1.0.4", "deprecated"),
    image("os-1.0.3", "supported"),
    image("os-1.0.2", "supported"),
  ];
  const without = (...ids: string[]): ImageFacts[] => life.filter(({ id }) => !ids.includes(id));

  test.each([
    ["a supported one before a newer preview", life, "os-1.0.3"],
    ["a preview where none is supported", without("os-1.0.3", "os-1.0.2"), "os-1.0.5"],
    [
      "a deprecated one only if nothing else is left",
      without("os-1.0.5", "os-1.0.3", "os-1.0.2"),
      "os-1.0.4",
    ],
    ["never an expired one", [image("os-1.0.6", "supported", earlier)], undefined],
    ["not even one that expires now", [image("os-1.0.6", "supported", now)], undefined],
  ])("is %s", (_, images, expected) => {
    expect(latest(images, query("os-1.0"), now)?.id).toBe(expected);
  });

  test("is chosen only from the classifications asked for", () => {
    expect(latest(life, query("os-1"), now, ["preview"])?.id).toBe("os-1.0.5");
    expect(latest(life, query("os-1"), now, ["deprecated", "preview"])?.id).toBe("os-1.0.4");
    expect(latest(life, query("os-1"), now, [])).toBeUndefined();
    expect(defaultPreference).toEqual(["supported", "preview", "deprecated"]);
  });

  test.each(["os-1.0.4", "os-1.0.5", "os-1.0.6"])(
    "is %s if it is named in full, whatever its classification and end",
    (id) => {
      expect(latest(life, query(id), now, ["supported"])?.id).toBe(id);
    },
  );

  test("is found as well by its newest-first list", () => {
    expect(imagesMatching(stock, query("ubuntu-20")).map(({ id }) => id)).toEqual([
      "ubuntu-20.4.20200502",
      "ubuntu-20.4.20200501",
    ]);
    expect(imagesMatching(stock, query("arch-1"))).toEqual([]);
  });
});

describe("a list of image ids", () => {
  const sorted = [
    "alpine-3.10",
    "alpine-3.9.20191012",
    "debian-10.0.20210101",
    "firewall-2.0",
    "firewall-ubuntu-2.0",
    "ubuntu-20.4.20200502",
    "ubuntu-20.4.20200501",
    "ubuntu-19.10",
    "ubuntu-19.4.0",
    "ubuntu-19.04",
    "ubuntu-19.4",
    "alpine",
    "ubuntu-old",
    "ubuntu-older",
  ];

  test("is in order of os, then newest first, with what is no image id at the end", () => {
    expect(sorted.toReversed().sort(compareImageIds)).toEqual(sorted);
  });

  test("has one order even with versions that cannot be read", () => {
    const id = fc.constantFrom(...sorted, "", "ubuntu-22", "ubuntu-x", "a-9.9", "a-09.9");
    fc.assert(
      fc.property(id, id, id, (a, b, c) => {
        expect(Math.sign(compareImageIds(a, b)) + Math.sign(compareImageIds(b, a))).toBe(0);
        expect(compareImageIds(a, b) === 0).toBe(a === b);
        if (compareImageIds(a, b) <= 0 && compareImageIds(b, c) <= 0)
          expect(compareImageIds(a, c)).toBeLessThanOrEqual(0);
      }),
    );
  });
});
