// What ports are called on switches of different vendors.
import { describe, expect, test } from "@jest/globals";
import { Code } from "@connectrpc/connect";
import fc from "fast-check";
import { isSwitchVendor, type SwitchVendor, translatePorts } from "../../src/domain/switch-port.ts";

const translate = (names: string, from: SwitchVendor, to: SwitchVendor) =>
  [...translatePorts(names.split(" "), { from, to }).values()].join(" ");

describe("ports are translated", () => {
  test.each([
    ["swp1", "Ethernet0"],
    ["swp2", "Ethernet4"],
    ["swp1 swp2 swp32", "Ethernet0 Ethernet4 Ethernet124"],
    ["swp1s0 swp1s1 swp1s2 swp1s3", "Ethernet0 Ethernet1 Ethernet2 Ethernet3"],
    ["swp1s0 swp1s1 swp2", "Ethernet0 Ethernet1 Ethernet4"],
    ["swp1s0 swp1s2", "Ethernet0 Ethernet2"],
    ["swp3s1 swp1", "Ethernet9 Ethernet0"],
    ["swp31s3", "Ethernet123"],
  ])("both ways: %s and %s", (ofCumulus, ofSonic) => {
    expect(translate(ofCumulus, "Cumulus", "SONiC")).toBe(ofSonic);
    expect(translate(ofSonic, "SONiC", "Cumulus")).toBe(ofCumulus);
  });

  test("a port that is broken out into itself alone is the port", () => {
    expect(translate("swp1s0", "Cumulus", "SONiC")).toBe("Ethernet0");
  });

  test.each<[SwitchVendor, string]>([
    ["SONiC", "Ethernet0 eth0 Ethernet7"],
    ["Cumulus", "swp1 eth0 bridge"],
  ])("not at all within %s, whatever they are called", (vendor, names) => {
    expect(translate(names, vendor, vendor)).toBe(names);
  });
});

describe("no port is", () => {
  test.each<[SwitchVendor, string[]]>([
    [
      "SONiC",
      [
        "",
        "Ethernet",
        "Ethernet-1",
        "Ethernet01",
        "Ethernet1x",
        "ethernet1",
        "swp1",
        "Ethernet1234567",
        "xEthernet1",
        "Ethernet1.5",
      ],
    ],
    [
      "Cumulus",
      [
        "",
        "swp",
        "swp0",
        "swp-1",
        "swp01",
        "swp1s",
        "swp1s-1",
        "swp1s4",
        "swp1s00",
        "swp1x",
        "Ethernet0",
        "swps1",
        "swp1s0s1",
      ],
    ],
  ])("of %s: %j", (from, names) => {
    const to = from === "SONiC" ? "Cumulus" : "SONiC";
    for (const name of names) {
      const run = () => translatePorts([name], { from, to });
      expect(run).toThrow(`"${name}": not the name of a port of ${from}`);
      expect(run).toThrow(expect.objectContaining({ code: Code.FailedPrecondition }));
    }
  });

  test("passed over: all are named", () => {
    const run = () => translatePorts(["eth0", "Ethernet0", "lo"], { from: "SONiC", to: "Cumulus" });
    expect(run).toThrow('"eth0", "lo": not the name');
  });
});

test("ports of SONiC have their names again after there and back", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(200), { minLength: 1 }), (lines) => {
      const names = lines.map((line) => `Ethernet${line}`).join(" ");
      expect(translate(translate(names, "SONiC", "Cumulus"), "Cumulus", "SONiC")).toBe(names);
    }),
  );
});

test.each([
  ["SONiC", true],
  ["Cumulus", true],
  ["sonic", false],
  ["", false],
])('"%s" is a vendor: %s', (text, expected) => {
  expect(isSwitchVendor(text)).toBe(expected);
});
