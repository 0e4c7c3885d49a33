// Which size hardware has.
import { describe, expect, test } from "@jest/globals";
import type { ConstraintType, Size, SizeConstraint } from "../../src/domain/size.ts";
import {
  type Hardware,
  hardwareAmount,
  matchesSize,
  matchHardware,
} from "../../src/domain/size-match.ts";

const constraint = (
  type: ConstraintType,
  min: number,
  max: number,
  identifier = "",
): SizeConstraint => ({
  type,
  min: BigInt(min),
  max: BigInt(max),
  identifier,
});

const size = (id: string, ...constraints: SizeConstraint[]): Size => ({ id, constraints });

const hardware = (given: Partial<Hardware> = {}): Hardware => ({
  cpus: [{ model: "Intel Xeon Silver 4114", cores: 1 }],
  memory: 1024n,
  disks: [],
  gpus: [],
  ...given,
});

const disk = (name: string, bytes: number) => ({ name, size: BigInt(bytes) });
const rtx = { vendor: "NVIDIA Corporation", model: "AD102GL [RTX 6000 Ada Generation]" };
const h100 = { vendor: "NVIDIA Corporation", model: "H100" };

const base = [constraint("cores", 1, 1), constraint("memory", 1024, 1024)];
const micro = size("micro", ...base, constraint("storage", 0, 1024));
const tiny = size("tiny", ...base, constraint("storage", 1025, 2048));
const sdOnly = size("sd-only", ...base, constraint("storage", 0, 1024, "/dev/sd*"));
const mixed = size(
  "mixed",
  ...base,
  constraint("storage", 2048, 4096, "/dev/nvme*"),
  constraint("storage", 0, 1024, "/dev/sd*"),
);
const gpus = [
  size("rtx-1", ...base, constraint("gpu", 1, 1, "AD102GL*")),
  size("rtx-2", ...base, constraint("gpu", 2, 2, "AD102GL*")),
  size("h100-4", ...base, constraint("gpu", 4, 4, "H100*")),
];
const makers = [
  size("intel", constraint("cores", 1, 1, "Intel Xeon Silver*"), constraint("memory", 1024, 1024)),
  size("amd", constraint("cores", 1, 1, "AMD Ryzen*"), constraint("memory", 1024, 1024)),
];
const virtual = size(
  "v1-small-x86",
  constraint("cores", 1, 4),
  constraint("memory", 500_000_000, 4_000_000_000),
  constraint("storage", 1_000_000_000, 100_000_000_000),
);
const virtualMachine = hardware({
  cpus: [{ model: "11th Gen Intel(R) Core(TM) i7-1165G7 @ 2.80GHz", cores: 1 }],
  memory: 2_147_483_648n,
  disks: [disk("/dev/vda", 5_368_709_120)],
});

describe("hardware has exactly one size", () => {
  test.each([
    ["the only one", [tiny], hardware({ disks: [disk("", 1025)] }), "tiny"],
    ["by its disks", [micro, tiny], hardware({ disks: [disk("/dev/sda", 2000)] }), "tiny"],
    ["at the upper bound", [micro, tiny], hardware({ disks: [disk("/dev/sda", 1024)] }), "micro"],
    [
      "by the sum of its disks",
      [micro, tiny],
      hardware({ disks: [disk("/dev/sda", 1000), disk("/dev/sdb", 1000)] }),
      "tiny",
    ],
    ["with a GPU", gpus, hardware({ gpus: [rtx] }), "rtx-1"],
    ["by the number of GPUs", gpus, hardware({ gpus: [rtx, rtx] }), "rtx-2"],
    ["by the model of GPUs", gpus, hardware({ gpus: [h100, h100, h100, h100] }), "h100-4"],
    [
      "by the kinds of disks",
      [micro, tiny, sdOnly, mixed],
      hardware({
        disks: [disk("/dev/nvme0n1", 1024), disk("/dev/nvme1n1", 2048), disk("/dev/sda", 512)],
      }),
      "mixed",
    ],
    [
      "with a kind of disks missing that may be",
      [micro, tiny, sdOnly, mixed],
      hardware({ disks: [disk("/dev/nvme0n1", 4096)] }),
      "mixed",
    ],
    ["by the maker: Intel", makers, hardware(), "intel"],
    [
      "by the maker: AMD",
      makers,
      hardware({ cpus: [{ model: "AMD Ryzen 5 8700", cores: 1 }] }),
      "amd",
    ],
    ["as a virtual machine", [virtual], virtualMachine, "v1-small-x86"],
    [
      "that counts its cores, not one that forgets them",
      [size("without cores", constraint("memory", 1024, 1024)), size("with cores", ...base)],
      hardware({ cpus: [{ model: "", cores: 1 }] }),
      "with cores",
    ],
    [
      "by the cores of all its CPUs",
      [size("dual", constraint("cores", 64, 64), constraint("memory", 1024, 1024))],
      hardware({
        cpus: [
          { model: "a", cores: 32 },
          { model: "b", cores: 32 },
        ],
      }),
      "dual",
    ],
  ])("%s", (_, sizes, machine, expected) => {
    expect(matchHardware(sizes, machine)).toMatchObject({ kind: "one", size: { id: expected } });
  });
});

describe("hardware has no size", () => {
  test.each([
    ["where there is none", [], hardware()],
    ["where none has constraints", [size("free")], hardware()],
    ["of other memory", [size("plain", ...base)], hardware({ memory: 2500n })],
    [
      "with 4 GiB where 4 GB are the limit",
      [virtual],
      { ...virtualMachine, memory: 4_294_967_296n },
    ],
    ["with a GPU that no constraint counts", [size("plain", ...base)], hardware({ gpus: [rtx] })],
    [
      "with disks where no constraint counts disks",
      [size("plain", ...base)],
      hardware({ disks: [disk("/dev/sda", 1)] }),
    ],
    [
      "with a disk that no identifier matches",
      [sdOnly],
      hardware({ disks: [disk("/dev/sda", 1), disk("/dev/vda", 0)] }),
    ],
    [
      "with a CPU of another maker beside the right one",
      makers,
      hardware({
        cpus: [
          { model: "Intel Xeon Silver", cores: 1 },
          { model: "ARM", cores: 0 },
        ],
      }),
    ],
    [
      "if the size does not constrain memory",
      [size("cores only", constraint("cores", 1, 1))],
      hardware(),
    ],
    [
      "if one of two ranges of disks is missed",
      [mixed],
      hardware({ disks: [disk("/dev/nvme0n1", 4096), disk("/dev/sda", 1025)] }),
    ],
  ])("%s", (_, sizes, machine) => {
    expect(matchHardware(sizes, machine)).toEqual({ kind: "none" });
  });
});

test("hardware that matches several sizes is given all of them, so that the message can name them", () => {
  const larger = size("larger", ...base, constraint("storage", 0, 2048));
  expect(matchHardware([micro, tiny, larger], hardware())).toEqual({
    kind: "several",
    sizes: [micro, larger],
  });
});

test("a size without constraints is never among the matching ones", () => {
  expect(matchHardware([size("free"), micro], hardware())).toEqual({ kind: "one", size: micro });
});

test("a size without cores matches hardware without CPUs only", () => {
  const diskShelf = [constraint("memory", 1024, 1024)];
  expect(matchesSize(diskShelf, hardware({ cpus: [] }))).toBe(true);
  expect(matchesSize(diskShelf, hardware())).toBe(false);
});

describe("the amount of hardware", () => {
  const machine = hardware({
    cpus: [
      { model: "Intel Xeon", cores: 16 },
      { model: "Intel Xeon", cores: 16 },
      { model: "ARM", cores: 4 },
    ],
    memory: 2n ** 63n,
    disks: [disk("/dev/nvme0n1", 1000), disk("/dev/nvme1n1", 1000), disk("sda", 24)],
    gpus: [rtx, rtx, h100],
  });

  test.each([
    ["cores", "", 36n],
    ["cores", "Intel*", 32n],
    ["memory", "", 2n ** 63n],
    ["storage", "", 2024n],
    ["storage", "/dev/nvme*", 2000n],
    ["storage", "*", 24n],
    ["gpu", "AD102GL*", 2n],
    ["gpu", "?100", 1n],
    ["gpu", "AD102GL [RTX 6000 Ada Generation]", 0n],
  ] as const)("of type %s and identifier %j is %s", (type, identifier, amount) => {
    expect(hardwareAmount(machine, { type, identifier })).toBe(amount);
  });
});
