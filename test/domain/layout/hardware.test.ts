// Whether the disks of a machine are what a layout divides.
import { expect, test } from "@jest/globals";
import { assertFits } from "../../../src/domain/layout/hardware.ts";
import { layout } from "./sample.ts";

const mib = 1024n * 1024n;
const needing200 = layout({
  id: "small",
  disks: [
    {
      device: "/dev/sda",
      partitions: [
        { number: 1, size: 100n },
        { number: 2, size: 100n },
        { number: 3, size: 0n },
      ],
    },
    { device: "/dev/sdb" },
  ],
});
const sdb = { name: "/dev/sdb", size: 0n };

test.each([
  ["exactly as large as the partitions", [{ name: "/dev/sda", size: 200n * mib }, sdb]],
  [
    "reported without /dev/",
    [
      { name: "sda", size: 300n * mib },
      { name: "sdb", size: 1n },
    ],
  ],
  ["among others", [{ name: "/dev/sdc", size: 1n }, sdb, { name: "/dev/sda", size: 2n ** 60n }]],
])("disks fit that are %s", (_, disks) => {
  expect(() => assertFits(needing200, disks)).not.toThrow();
});

test.each([
  ["too small", [{ name: "/dev/sda", size: 95n * mib }, sdb], 'disk "/dev/sda" has 95 MiB'],
  [
    "short of a byte",
    [{ name: "/dev/sda", size: 200n * mib - 1n }, sdb],
    'disk "/dev/sda" has 199 MiB, its partitions need 200',
  ],
  ["not there", [{ name: "/dev/sda", size: 200n * mib }], 'there is no disk "/dev/sdb"'],
  ["named differently", [{ name: "/dev/vda", size: 200n * mib }, sdb], 'no disk "/dev/sda"'],
])("disks do not fit that are %s", (_, disks, reason) => {
  expect(() => assertFits(needing200, disks)).toThrow(reason);
});

test("every disk that does not fit is named", () => {
  expect(() => assertFits(needing200, [{ name: "sda", size: 0n }])).toThrow(
    'filesystem layout "small" does not fit: ' +
      'disk "/dev/sda" has 0 MiB, its partitions need 200; there is no disk "/dev/sdb"',
  );
});

test("sizes beyond 64 bits when added up are compared exactly", () => {
  const most = 2n ** 64n - 1n;
  const partitions = [
    { number: 1, size: most },
    { number: 2, size: most },
  ];
  const huge = layout({ id: "huge", disks: [{ device: "/dev/sda", partitions }] });
  expect(() => assertFits(huge, [{ name: "sda", size: most }])).toThrow(`need ${most * 2n}`);
});
