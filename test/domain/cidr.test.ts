import { isIP } from "node:net";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  type Address,
  addressBits,
  addressText,
  contains,
  families,
  overlap,
  type Prefix,
  parseAddress,
  prefixAround,
  prefixText,
  rangeOf,
  readAddress,
  readPrefix,
  usableRange,
} from "../../src/domain/cidr.ts";

const anyAddress: fc.Arbitrary<Address> = fc
  .constantFrom(...families)
  .chain((family) =>
    fc
      .bigInt({ min: 0n, max: (1n << BigInt(addressBits[family])) - 1n })
      .map((value) => ({ family, value })),
  );
/** Addresses with many zeros, where the short form of IPv6 has its difficulties. */
const sparse: fc.Arbitrary<Address> = fc
  .array(fc.constantFrom(0, 0, 1, 0xffff, 0xa0), { minLength: 8, maxLength: 8 })
  .map((groups) => ({
    family: "IPv6",
    value: groups.reduce((value, group) => (value << 16n) | BigInt(group), 0n),
  }));
const anyPrefix: fc.Arbitrary<Prefix> = anyAddress.chain((address) =>
  fc
    .integer({ min: 0, max: addressBits[address.family] })
    .map((length) => prefixAround(address, length)),
);

describe("addresses", () => {
  test.each([
    ["0.0.0.0", 0n],
    ["255.255.255.255", 0xffffffffn],
    ["192.0.2.1", 0xc0000201n],
    ["::", 0n],
    ["::1", 1n],
    ["2001:db8::8:800:200c:417a", 0x20010db80000000000080800200c417an],
    ["ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", (1n << 128n) - 1n],
    ["::ffff:192.0.2.1", 0xffffc0000201n],
  ])("%s is canonical, and its number is exact", (text, value) => {
    expect(readAddress("ip", text).value).toBe(value);
    expect(addressText(readAddress("ip", text))).toBe(text);
  });

  // RFC 5952, sections 4 and 5.
  test.each([
    ["2001:0db8::0001", "2001:db8::1"],
    ["2001:db8:0:0:0:0:2:1", "2001:db8::2:1"],
    ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    ["2001:0:0:1:0:0:0:1", "2001:0:0:1::1"],
    ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["2001:DB8::ABCD", "2001:db8::abcd"],
    ["1::", "1::"],
    ["0:0:0:0:0:0:0:1", "::1"],
    ["::ffff:c000:201", "::ffff:192.0.2.1"],
    ["64:ff9b::192.0.2.33", "64:ff9b::c000:221"],
    ["1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"],
  ])("%s is written %s", (text, canonical) => {
    expect(addressText(readAddress("ip", text))).toBe(canonical);
  });

  test.each([
    "",
    "1.2.3",
    "1.2.3.256",
    "01.2.3.4",
    "1.2.3.4 ",
    "0x1.2.3.4",
    "16909060",
    "fdaa:::",
    "::1%eth0",
    "1:2:3:4:5:6:7:8:9",
    "12345::",
    "[::1]",
    "１.2.3.4",
    "10.0.0.1/8",
  ])("%j is no address", (text) => {
    expect(parseAddress(text)).toBeUndefined();
    expect(() => readAddress("ip", text)).toThrow(`ip: "${text}" is no IP address`);
  });

  test("every address survives being written and read", () => {
    fc.assert(
      fc.property(fc.oneof(anyAddress, sparse), (address) => {
        const text = addressText(address);
        expect(isIP(text)).toBe(Number(address.family.slice(3)));
        expect(parseAddress(text)).toEqual(address);
      }),
      { numRuns: 2000 },
    );
  });

  test("IPv6 is written as URLs write it, but for IPv4-mapped addresses", () => {
    fc.assert(
      fc.property(sparse, (address) => {
        fc.pre(address.value >> 32n !== 0xffffn);
        const text = addressText(address);
        expect(new URL(`http://[${text}]`).hostname).toBe(`[${text}]`);
      }),
      { numRuns: 2000 },
    );
  });
});

describe("prefixes", () => {
  test.each([
    ["10.0.0.0/8", "10.0.0.0/8"],
    ["0.0.0.0/0", "0.0.0.0/0"],
    ["2001:DB8:0:10::/64", "2001:db8:0:10::/64"],
    ["::/0", "::/0"],
    ["2001:db8::1/128", "2001:db8::1/128"],
  ])("%s is read and written %s", (text, canonical) => {
    expect(prefixText(readPrefix("prefixes", text))).toBe(canonical);
  });

  test.each([
    "10.0.0.0",
    "10.0.0.0/33",
    "10.0.0.0/08",
    "10.0.0.0/-1",
    "10.0.0.0/",
    "10.0.0.0/8/8",
    "10.0.0.0/8 ",
    "300.0.0.0/8",
    "fdaa:::/50",
    "::/129",
    "::1%1/128",
    "/8",
  ])("%j is no prefix", (text) => {
    expect(() => readPrefix("prefixes", text)).toThrow(
      `prefixes: "${text}" is no prefix in CIDR notation`,
    );
  });

  test.each([
    ["10.0.5.0/8", "10.0.0.0/8"],
    ["2001:db8::1/64", "2001:db8::/64"],
  ])("%s has bits too many, and the answer suggests %s", (text, meant) => {
    expect(() => readPrefix("p", text)).toThrow(
      `p: "${text}" has bits set beyond its length, write "${meant}"`,
    );
  });

  test("every prefix survives being written and read, and holds its first and last address", () => {
    fc.assert(
      fc.property(anyPrefix, (prefix) => {
        expect(readPrefix("p", prefixText(prefix))).toEqual(prefix);
        const { family } = prefix;
        const { first, last } = rangeOf(prefix);
        expect(contains(prefix, { family, value: first })).toBe(true);
        expect(contains(prefix, { family, value: last })).toBe(true);
        expect(contains(prefix, { family, value: first - 1n })).toBe(false);
        expect(contains(prefix, { family, value: last + 1n })).toBe(false);
      }),
    );
  });

  test("two prefixes overlap exactly if their ranges do, either way round", () => {
    fc.assert(
      fc.property(anyPrefix, anyPrefix, fc.boolean(), (a, other, within) => {
        const b = within ? prefixAround({ ...a, value: a.first }, other.length % 32) : other;
        const [x, y] = [rangeOf(a), rangeOf(b)];
        const meet = a.family === b.family && x.first <= y.last && y.first <= x.last;
        expect(overlap(a, b)).toBe(meet);
        expect(overlap(b, a)).toBe(meet);
      }),
    );
  });

  test("0.0.0.0/0 and ::/0 have no address in common", () => {
    expect(overlap(readPrefix("p", "0.0.0.0/0"), readPrefix("p", "::/0"))).toBe(false);
  });

  test.each([
    ["192.0.2.0/24", "192.0.2.1", "192.0.2.254"],
    ["192.0.2.0/30", "192.0.2.1", "192.0.2.2"],
    ["192.0.2.0/31", "192.0.2.0", "192.0.2.1"],
    ["192.0.2.1/32", "192.0.2.1", "192.0.2.1"],
    ["2001:db8::/64", "2001:db8::1", "2001:db8::ffff:ffff:ffff:ffff"],
    ["2001:db8::/126", "2001:db8::1", "2001:db8::3"],
    ["2001:db8::/127", "2001:db8::", "2001:db8::1"],
    ["2001:db8::1/128", "2001:db8::1", "2001:db8::1"],
  ])("of %s the addresses %s to %s can be handed out", (text, from, to) => {
    const prefix = readPrefix("p", text);
    const { first, last } = usableRange(prefix);
    const { family } = prefix;
    expect(addressText({ family, value: first })).toBe(from);
    expect(addressText({ family, value: last })).toBe(to);
  });
});
