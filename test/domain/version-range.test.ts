// Version constraints: the grammar, what they accept, and whether two of them accept a common version.
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { parseVersion, type Version } from "../../src/domain/version.ts";
import { parseRange, rangesOverlap, satisfies } from "../../src/domain/version-range.ts";

const version = (text: string): Version => {
  const parsed = parseVersion(text);
  if (parsed === undefined) throw new Error(`no version: ${text}`);
  return parsed;
};

const accepts = (constraint: string, text: string): boolean =>
  satisfies(parseRange(constraint), version(text));

describe("a constraint accepts", () => {
  test.each([
    ["10", ["10.0.0", "10.9.20220101"], ["9.9.9", "11.0.0"]],
    ["= 10", ["10.0.0", "10.9.9"], ["9.9.9", "11.0.0"]],
    ["10.1", ["10.1.0", "10.01.99"], ["10.0.9", "10.2.0", "10.10.0"]],
    ["10.1.20220101", ["10.1.20220101"], ["10.1.20220100", "10.1.20220102", "10.1"]],
    ["10.1.0", ["10.1.0", "10.1"], ["10.1.1"]],
    ["= 10.1.3", ["10.1.3"], ["10.1.2", "10.1.4"]],
    ["> 10", ["11.0.0", "12.5"], ["10.0.0", "10.99.99", "9.0.0"]],
    ["> 10.1", ["10.2.0"], ["10.1.99"]],
    ["> 10.1.3", ["10.1.4", "11.0.0"], ["10.1.3", "10.0.9"]],
    [">= 10", ["10.0.0", "11.2.3"], ["9.99.99"]],
    ["=> 10", ["10.0.0", "11.2.3"], ["9.99.99"]],
    [">= 20.04.20211011", ["20.4.20211011", "20.04.20220101", "22.04"], ["20.4.20211010", "20.04"]],
    ["<= 9.9", ["9.9.0", "9.9.99", "0.0.0"], ["9.10.0", "10.0.0"]],
    ["=< 9.9", ["9.9.0", "9.9.99", "0.0.0"], ["9.10.0", "10.0.0"]],
    ["<= 9", ["9.99.99"], ["10.0.0"]],
    ["< 10", ["9.99.99", "0.0.0"], ["10.0.0", "10.0.1"]],
    ["< 0", [], ["0.0.0", "1.0.0"]],
    ["~ 10.1.3", ["10.1.3", "10.1.9"], ["10.1.2", "10.2.0"]],
    ["~> 10.1.3", ["10.1.3", "10.1.9"], ["10.1.2", "10.2.0"]],
    ["~ 10.1", ["10.1.0", "10.1.9"], ["10.0.9", "10.2.0"]],
    ["~ 10", ["10.0.0", "10.9.9"], ["9.9.9", "11.0.0"]],
    ["^ 10.1.3", ["10.1.3", "10.9.0"], ["10.1.2", "11.0.0"]],
    ["^ 10", ["10.0.0", "10.9.9"], ["11.0.0"]],
    ["^ 0.2.3", ["0.2.3", "0.2.9"], ["0.2.2", "0.3.0"]],
    ["^ 0.0.3", ["0.0.3"], ["0.0.2", "0.0.4"]],
    ["^ 0.0", ["0.0.0", "0.0.9"], ["0.1.0"]],
    ["^ 0", ["0.0.0", "0.9.0"], ["1.0.0"]],
    ["!= 10", ["9.9.9", "11.0.0"], ["10.0.0", "10.9.9"]],
    ["!= 10.1.3", ["10.1.2", "10.1.4"], ["10.1.3"]],
    ["*", ["0.0.0", "1.2.3-rc", "99.0"], []],
    ["= 22.04", ["22.4.1", "22.004.1"], ["22.40.1"]],
  ])("%s", (constraint, accepted, refused) => {
    expect(accepted.filter((text) => !accepts(constraint, text))).toEqual([]);
    expect(refused.filter((text) => accepts(constraint, text))).toEqual([]);
  });

  test.each([
    [">= 10", ["10.1.0-rc.1", "11.0.0-rc.1"], []],
    ["!= 10", ["11.0.0-rc.1"], []],
    [
      ">= 10.1.0-rc.1",
      ["10.0.9", "10.1.0-beta"],
      ["10.1.0-rc.1", "10.1.0-rc.1.0", "10.1.0", "10.2.0-alpha"],
    ],
    ["> 10.1.0-rc.1", ["10.1.0-rc.1"], ["10.1.0-rc.1.0", "10.1.0"]],
    ["= 10.1.0-rc.1", ["10.1.0", "10.1.0-rc.1.0", "10.1.0-rc.0"], ["10.1.0-rc.1", "10.1.0-rc.01"]],
    ["~ 10.1.3-rc", ["10.2.0-alpha", "10.1.3-a"], ["10.1.3-rc", "10.1.4-alpha", "10.1.4"]],
    ["^ 10.1.3-rc", ["11.0.0-alpha"], ["10.2.0-alpha"]],
  ])("pre-releases only if it names one: %s", (constraint, refused, accepted) => {
    expect(accepted.filter((text) => !accepts(constraint, text))).toEqual([]);
    expect(refused.filter((text) => accepts(constraint, text))).toEqual([]);
  });
});

describe("a constraint is refused with its fault", () => {
  test.each([
    [">=10.0.1", "needs one space between operator and version"],
    [">=  10", "needs one space between operator and version"],
    [">= =10", "needs one space between operator and version"],
    [">= 10.x.1", 'has no version of one to three numbers in "10.x.1"'],
    [">= ", 'has no version of one to three numbers in ""'],
    ["", 'has no version of one to three numbers in ""'],
    ["latest", 'has no version of one to three numbers in "latest"'],
    [">= *", 'has no version of one to three numbers in "*"'],
    [">= 1, < 2", "combines several, only one is possible"],
    [">= 1 || 2", "combines several, only one is possible"],
    ["1 || 2", 'begins with "1", not with one of = != > >= => < <= =< ~ ~> ^'],
    [">> 1", 'begins with ">>", not with one of = != > >= => < <= =< ~ ~> ^'],
    [" >= 1", 'begins with "", not with one of'],
  ])("%j %s", (text, fault) => {
    expect(() => parseRange(text)).toThrow(`version constraint "${text}" ${fault}`);
  });
});

describe("two constraints have a common version", () => {
  test.each([
    [">= 10", "<= 9.9", false],
    [">= 10", "< 10", false],
    ["<= 9.9", ">= 9.8", true],
    [">= 10", "< 9", false],
    ["*", "10.1.3", true],
    ["*", "*", true],
    [">= 10", ">= 10", true],
    ["> 9", "< 10", false],
    ["> 9.9", "< 10", true],
    ["> 9.9.9", "<= 9.9", true],
    ["> 10.1.3", "< 10.1.4", false],
    ["> 10.1.3", "< 10.1.5", true],
    ["!= 10", "10.1.3", false],
    ["!= 10", "!= 11", true],
    ["!= 10.1.3", "10.1", true],
    ["~ 10.1.3", "^ 10.1.4", true],
    ["~ 10.1.3", "10.2", false],
    ["^ 0.2.3", "0.3", false],
    ["< 0", "*", false],
    ["20.04", "20.4.20200101", true],
    ["< 10.1.0-rc.2", ">= 10.1.0-rc.1", true],
    ["< 10.1.0", ">= 10.1.0-rc.1", false],
    ["> 10.1.0-rc.1", "< 10.1.0-rc.1.0", false],
  ])("%s and %s: %s", (a, b, expected) => {
    expect(rangesOverlap(parseRange(a), parseRange(b))).toBe(expected);
    expect(rangesOverlap(parseRange(b), parseRange(a))).toBe(expected);
  });

  test("also if both point the same way and neither accepts the other's number", () => {
    expect(rangesOverlap(parseRange(">= 10"), parseRange(">= 12"))).toBe(true);
    expect(rangesOverlap(parseRange("> 10"), parseRange("> 12"))).toBe(true);
    expect(rangesOverlap(parseRange("< 10"), parseRange("<= 8"))).toBe(true);
  });
});

/** The triples 0..4 in each place: constraints over 0..2 cannot tell larger numbers apart. */
const triples = [0n, 1n, 2n, 3n, 4n].flatMap((major) =>
  [0n, 1n, 2n, 3n, 4n].flatMap((minor) =>
    [0n, 1n, 2n, 3n, 4n].map((patch) => [major, minor, patch] as const),
  ),
);

type Triple = (typeof triples)[number];

/** Each operator once more, by comparing numbers one by one: does a triple satisfy it against the numbers written? */
const naive: Record<string, (order: number, same: number, written: readonly bigint[]) => boolean> =
  {
    "=": (order) => order === 0,
    "!=": (order) => order !== 0,
    ">": (order) => order > 0,
    ">=": (order) => order >= 0,
    "<": (order) => order < 0,
    "<=": (order) => order <= 0,
    "~": (order, same, written) => order >= 0 && same >= Math.min(written.length, 2),
    "^": (order, same, written) => {
      const leading = written.findIndex((number) => number > 0n);
      return order >= 0 && same > (leading < 0 ? written.length - 1 : leading);
    },
  };

/** Compares only the numbers written; `same` counts how many of them agree from the left. */
function naivelyAccepts(operator: string, written: readonly bigint[], triple: Triple): boolean {
  const differing = written.findIndex((number, at) => number !== triple[at]);
  const same = differing < 0 ? written.length : differing;
  const order = differing < 0 ? 0 : Number((triple[same] ?? 0n) - (written[same] ?? 0n));
  return naive[operator]?.(order, same, written) ?? false;
}

describe("in a small world of versions", () => {
  const written = fc.array(fc.bigInt({ min: 0n, max: 2n }), { minLength: 1, maxLength: 3 });
  const constraint = fc.record({ operator: fc.constantFrom(...Object.keys(naive)), written });
  const textOf = (c: { operator: string; written: bigint[] }): string =>
    `${c.operator} ${c.written.join(".")}`;
  const acceptedBy = (text: string): readonly Triple[] => {
    const range = parseRange(text);
    return triples.filter((numbers) => satisfies(range, { numbers, prerelease: [] }));
  };

  test("constraints accept what comparing number by number accepts", () => {
    fc.assert(
      fc.property(constraint, (c) => {
        const expected = triples.filter((triple) => naivelyAccepts(c.operator, c.written, triple));
        expect(acceptedBy(textOf(c))).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });

  test("constraints overlap exactly if some version satisfies both", () => {
    fc.assert(
      fc.property(constraint, constraint, (a, b) => {
        const acceptedByB = acceptedBy(textOf(b));
        const haveCommon = acceptedBy(textOf(a)).some((triple) => acceptedByB.includes(triple));
        expect(rangesOverlap(parseRange(textOf(a)), parseRange(textOf(b)))).toBe(haveCommon);
      }),
      { numRuns: 300 },
    );
  });
});
