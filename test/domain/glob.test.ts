// Globs: the grammar, what they match, and whether two of them match a common text.
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  anyText,
  escapeGlob,
  globFault,
  globMatches,
  globsIntersect,
  parseGlob,
} from "../../src/domain/glob.ts";

const matches = (glob: string, text: string): boolean => globMatches(parseGlob(glob), text);

describe("a glob matches", () => {
  test.each([
    ["", "", true],
    ["", "a", false],
    ["abc", "abc", true],
    ["abc", "ab", false],
    ["abc", "abcd", false],
    ["*", "", true],
    ["*", "abc", true],
    ["*", "a/b", false],
    ["/dev/nvme*", "/dev/nvme0n1", true],
    ["/dev/nvme*", "/dev/sda", false],
    ["/dev/*", "/dev/mapper/root", false],
    ["/dev/*/*", "/dev/mapper/root", true],
    ["*c", "abc", true],
    ["a*", "a", true],
    ["a*/b", "abc/b", true],
    ["a*/b", "a/c/b", false],
    ["a*b*c*d*e*/f", "axbxcxdxe/f", true],
    ["a*b*c*d*e*/f", "axbxcxdxexxx/fff", false],
    ["**", "ab", true],
    ["?", "a", true],
    ["?", "/", false],
    ["?", "", false],
    ["?", "é", true],
    ["?", "🙂", true],
    ["??", "🙂", false],
    ["ab[c]", "abc", true],
    ["ab[b-d]", "abc", true],
    ["ab[e-g]", "abc", false],
    ["ab[^c]", "abc", false],
    ["ab[^e-g]", "abc", true],
    ["a[^a]b", "a☺b", true],
    ["[a-ζ]*", "α", true],
    ["*[a-ζ]", "A", false],
    ["[🙂-🙄]", "🙃", true],
    ["[z-a]", "m", false],
    ["[z-am]", "m", true],
    ["[/]", "/", true],
    ["[^a]", "/", true],
    ["*[^a]*", "x/y", true],
    ["a\\*b", "a*b", true],
    ["a\\*b", "axb", false],
    ["\\a", "a", true],
    ["[\\]a]", "]", true],
    ["[\\-]", "-", true],
    ["[x\\-]", "-", true],
    ["[x\\-]", "z", false],
    ["[\\^a]", "^", true],
    ["[a^]", "^", true],
    ["[^^]", "^", false],
    ["[[]", "[", true],
    ["a]", "a]", true],
    ["-", "-", true],
    ["AD102GL*", "AD102GL [RTX 6000 Ada Generation]", true],
    ["AD102GL [RTX 6000]", "AD102GL [RTX 6000]", false],
  ])("%j, %j: %s", (glob, text, expected) => {
    expect(matches(glob, text)).toBe(expected);
  });

  test("every text, whatever is in it, if it is the one for any", () => {
    expect(["", "a", "/", "/dev/sda", "🙂"].every((text) => globMatches(anyText, text))).toBe(true);
  });

  test("in time that does not explode with the number of stars", () => {
    expect(matches(`${"a*".repeat(60)}b`, "a".repeat(3000))).toBe(false);
    expect(matches(`${"*".repeat(3000)}b`, "a".repeat(3000))).toBe(false);
  });
});

describe("a text is no glob", () => {
  test.each([
    "[",
    "[]",
    "[]a]",
    "[^]",
    "[^]a]",
    "[a",
    "[^bc",
    "[-]",
    "[-x]",
    "[x-]",
    "[a-b-c]",
    "[\\",
  ])("because of its class: %s", (text) => {
    const fault = `glob "x${text}" has a class at character 2 that is empty, malformed or not closed`;
    expect(globFault(`x${text}`)).toBe(fault);
    expect(() => parseGlob(`x${text}`)).toThrow(fault);
  });

  test.each(["\\", "a\\", "*\\", "\\\\\\"])("because of its last backslash: %s", (text) => {
    expect(globFault(text)).toBe(`glob "${text}" ends with a backslash that has nothing to escape`);
  });

  test("but one with a fault behind the place where texts stop to match is none either", () => {
    expect(globFault("abc[")).toBeDefined();
    expect(globFault("abc[d]")).toBeUndefined();
  });
});

describe("two globs match a common text", () => {
  test.each([
    ["/dev/sd*", "/dev/nvme*", false],
    ["/dev/sd*", "/dev/sda", true],
    ["/dev/sd?", "/dev/sd", false],
    ["*", "", true],
    ["*", "/dev/sda", false],
    ["a*", "*b", true],
    ["a*c", "*b*", true],
    ["a*", "b*", false],
    ["?", "/", false],
    ["?", "[^a]", true],
    ["[a-f]", "[f-z]", true],
    ["[a-f]", "[g-z]", false],
    ["[z-a]", "*", false],
    ["[^a]", "[a]", false],
    ["\\*", "[*]", true],
    ["AD102*", "*RTX*", true],
    ["*[0-9]", "*[a-z]", false],
    ["", "", true],
  ])("%j, %j: %s", (a, b, expected) => {
    expect(globsIntersect(parseGlob(a), parseGlob(b))).toBe(expected);
    expect(globsIntersect(parseGlob(b), parseGlob(a))).toBe(expected);
    expect(globsIntersect(anyText, parseGlob(a))).toBe(a !== "[z-a]");
  });

  test("is decided quickly for long globs too", () => {
    const [a, b] = [parseGlob(`${"a*".repeat(60)}b`), parseGlob(`${"*a".repeat(60)}c`)];
    expect(globsIntersect(a, b)).toBe(false);
  });
});

/** All texts of at most five characters of a small alphabet that has the special `/` in it. */
const texts = [1, 2, 3, 4, 5]
  .reduce<string[][]>(
    (byLength) => [
      ...byLength,
      (byLength.at(-1) ?? []).flatMap((text) => [`${text}a`, `${text}b`, `${text}/`]),
    ],
    [[""]],
  )
  .flat();

const term = fc.constantFrom("a", "b", "/", "*", "?", "[ab]", "[^a]", "[a/]", "\\a");
const glob = fc.array(term, { maxLength: 3 }).map((terms) => terms.join(""));

/** What a regular expression makes of the same glob. */
const asRegExp = (text: string): RegExp =>
  new RegExp(`^(?:${text.replaceAll("*", "[^/]*").replaceAll("?", "[^/]")})$`);

test("globs match what the regular expressions of the same meaning match", () => {
  fc.assert(
    fc.property(glob, (a) => {
      const [parsed, expected] = [parseGlob(a), asRegExp(a)];
      expect(texts.filter((text) => globMatches(parsed, text))).toEqual(
        texts.filter((text) => expected.test(text)),
      );
    }),
  );
});

test("globs intersect exactly if some short text matches both", () => {
  // two globs of at most three terms that intersect at all have a common text of at most five characters
  fc.assert(
    fc.property(glob, glob, (a, b) => {
      const [one, other] = [parseGlob(a), parseGlob(b)];
      const common = texts.find((text) => globMatches(one, text) && globMatches(other, text));
      expect(globsIntersect(one, other)).toBe(common !== undefined);
    }),
    { numRuns: 500 },
  );
});

test("an escaped text is a glob that matches this text and no other", () => {
  const text = fc.string({
    unit: fc.oneof(
      fc.constantFrom(...Array.from("*?[]\\^-/a")),
      fc.string({ unit: "grapheme", minLength: 1, maxLength: 1 }),
    ),
  });
  fc.assert(
    fc.property(text, text, (exact, other) => {
      expect(matches(escapeGlob(exact), exact)).toBe(true);
      expect(matches(escapeGlob(exact), other)).toBe(exact === other);
    }),
  );
});
