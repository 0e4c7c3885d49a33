// Who counts as one peer, and whose word about peers is taken.
import { describe, expect, test } from "@jest/globals";
import { createProxies, type Network, parseNetwork } from "../../src/http/proxy.ts";
import { plainAddress, sourceOf } from "../../src/http/source.ts";

describe("a source", () => {
  test.each([
    ["10.0.0.1", "10.0.0.1"],
    ["2001:db8:0:1::2", "2001:db8:0:1::/64"],
    ["2001:db8:0:1:ffff:ffff:ffff:ffff", "2001:db8:0:1::/64"],
    ["2001:0DB8:0000:0001:0:0:0:9", "2001:db8:0:1::/64"],
    ["2001:db8::1", "2001:db8:0:0::/64"],
    ["::1", "0:0:0:0::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
    ["", ""],
  ])("of %j is %j", (address, source) => {
    expect(sourceOf(address)).toBe(source);
  });

  test("of a neighbouring network is another", () => {
    expect(sourceOf("2001:db8:0:2::1")).not.toBe(sourceOf("2001:db8:0:1::1"));
  });
});

test.each([
  ["::ffff:10.0.0.1", "10.0.0.1"],
  ["10.0.0.1", "10.0.0.1"],
  ["::ffff:0:1", "::ffff:0:1"],
])("the plain form of %s is %s", (address, plain) => {
  expect(plainAddress(address)).toBe(plain);
});

describe("a network", () => {
  test.each([
    ["10.0.0.0/8", { address: "10.0.0.0", prefix: 8 }],
    ["10.1.2.3", { address: "10.1.2.3", prefix: 32 }],
    ["fd00::/8", { address: "fd00::", prefix: 8 }],
    ["::1", { address: "::1", prefix: 128 }],
    ["10.0.0.0/33", undefined],
    ["10.0.0.0/", undefined],
    ["10.0.0.0/8/8", undefined],
    ["proxy.example", undefined],
    ["", undefined],
  ])("%j", (text, expected) => {
    expect(parseNetwork(text)).toEqual(expected);
  });
});

describe("proxies", () => {
  const networks = ["10.0.0.0/8", "fd00::/8"].map(parseNetwork);
  const proxies = createProxies(networks.filter((network): network is Network => !!network));

  test.each([
    ["10.9.9.9", true],
    ["fd00::9", true],
    ["11.0.0.1", false],
    ["", false],
    ["nonsense", false],
  ])("%j is one: %s", (address, expected) => {
    expect(proxies.has(address)).toBe(expected);
  });

  test.each([
    ["a proxy", "10.0.0.1", "203.0.113.7", "203.0.113.7"],
    ["proxies behind each other", "10.0.0.1", "203.0.113.7, 10.0.0.2", "203.0.113.7"],
    ["a proxy that was lied to", "10.0.0.1", "1.2.3.4, 203.0.113.7", "203.0.113.7"],
    ["a proxy that sees mapped addresses", "10.0.0.1", "::ffff:203.0.113.7", "203.0.113.7"],
    ["a proxy of IPv6", "fd00::1", "2001:db8::1", "2001:db8::1"],
    ["a proxy without the header", "10.0.0.1", undefined, undefined],
    ["a proxy that says nonsense", "10.0.0.1", "203.0.113.7, unknown", undefined],
    ["only proxies", "10.0.0.1", "10.0.0.3, 10.0.0.2", undefined],
    ["somebody else", "203.0.113.9", "1.2.3.4", undefined],
  ])("%s", (_, address, header, expected) => {
    expect(proxies.originOf(address, header)).toBe(expected);
  });
});
