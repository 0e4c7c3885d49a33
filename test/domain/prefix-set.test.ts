// The fewest prefixes that say the same.
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  families,
  type Prefix,
  prefixAround,
  prefixText,
  readPrefix,
} from "../../src/domain/cidr.ts";
import { compactPrefixes } from "../../src/domain/prefix-set.ts";

const compact = (text: string) =>
  compactPrefixes(
    text
      .split(" ")
      .filter(Boolean)
      .map((one) => readPrefix("prefix", one)),
  )
    .map(prefixText)
    .join(" ");

describe("prefixes", () => {
  test.each([
    ["", ""],
    ["10.0.0.0/8", "10.0.0.0/8"],
    ["192.0.2.14/32 192.0.2.15/32", "192.0.2.14/31"],
    ["192.0.2.15/32 192.0.2.14/32", "192.0.2.14/31"],
    [
      "192.0.2.12/32 192.0.2.14/32 192.0.2.15/32 192.0.2.16/32 192.0.2.17/32",
      "192.0.2.12/32 192.0.2.14/31 192.0.2.16/31",
    ],
    ["10.0.0.0/32 10.0.0.1/32 10.0.0.2/32 10.0.0.3/32", "10.0.0.0/30"],
    ["10.0.0.0/30 10.0.0.4/31 10.0.0.6/32 10.0.0.7/32", "10.0.0.0/29"],
    ["10.0.0.0/8 10.1.0.0/16 10.1.2.3/32 10.0.0.0/8", "10.0.0.0/8"],
    ["10.1.0.0/22 10.2.0.0/22", "10.1.0.0/22 10.2.0.0/22"],
    ["0.0.0.0/1 128.0.0.0/1", "0.0.0.0/0"],
    ["0.0.0.0/0 ::/0", "0.0.0.0/0 ::/0"],
    ["2001:db8::1/128 192.0.2.1/32 2001:db8::/128 192.0.2.0/32", "192.0.2.0/31 2001:db8::/127"],
    ["255.255.255.255/32 ::/128", "255.255.255.255/32 ::/128"],
  ])("%j are %j", (given, expected) => {
    expect(compact(given)).toBe(expected);
  });
});

/** Prefixes of the 16 last addresses of a family, so that they meet often. */
const small: fc.Arbitrary<Prefix> = fc
  .tuple(fc.constantFrom(...families), fc.nat(15), fc.nat(4))
  .map(([family, value, host]) => {
    const top = family === "IPv4" ? 2n ** 32n - 16n : 2n ** 128n - 16n;
    const bits = family === "IPv4" ? 32 : 128;
    return prefixAround({ family, value: top + BigInt(value) }, bits - host);
  });
const addresses = (prefixes: readonly Prefix[]) =>
  new Set(
    prefixes.flatMap(({ family, first, length }) =>
      Array.from(
        { length: 2 ** ((family === "IPv4" ? 32 : 128) - length) },
        (_, at) => `${family} ${first + BigInt(at)}`,
      ),
    ),
  );

test("compact ones have the same addresses, each in one of them, and no two could be one", () => {
  fc.assert(
    fc.property(fc.array(small, { maxLength: 12 }), (prefixes) => {
      const result = compactPrefixes(prefixes);
      const sum = result.reduce((count, prefix) => count + addresses([prefix]).size, 0);
      expect(addresses(result)).toEqual(addresses(prefixes));
      expect(sum).toBe(addresses(prefixes).size);
      expect(compactPrefixes(result)).toEqual(result);
      expect(compactPrefixes(prefixes.toReversed())).toEqual(result);
      const parents = result.map(({ family, first, length }) =>
        length === 0 ? "" : prefixText(prefixAround({ family, value: first }, length - 1)) + length,
      );
      expect(new Set(parents).size).toBe(parents.length);
    }),
  );
});
