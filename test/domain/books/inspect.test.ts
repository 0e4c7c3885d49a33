// Books that somebody broke on purpose: each fault is found, by the name of what is broken, and nothing else is.
import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { MachineBMCRecordSchema } from "../../../gen/metal/store/v1/machine_pb.ts";
import { BmcCommandState, BmcCommandType } from "../../../gen/metal/v1/bmc_command_pb.ts";
import { BMCCommandSchema } from "../../../gen/metal/v1/bmc_command_pb.ts";
import { IPSchema } from "../../../gen/metal/v1/ip_pb.ts";
import {
  type Machine,
  MachineRole,
  MachineServiceAllocateRequestSchema,
} from "../../../gen/metal/v1/machine_pb.ts";
import { SizeReservationSchema } from "../../../gen/metal/v1/size_pb.ts";
import { allocate } from "../../../src/domain/allocation/allocate.ts";
import { inspect } from "../../../src/domain/books/inspect.ts";
import { ipTally } from "../../../src/domain/ip.ts";
import type { Snapshot, Store, Transaction } from "../../../src/store/store.ts";
import { faultsOf } from "../../world/books.ts";
import {
  addMachine,
  imageId,
  partitionId,
  projectId,
  sizeId,
  stock,
} from "../../world/inventory.ts";
import { openTestStore } from "../../world/store.ts";

let store: Store;
/** Two machines that are allocated, in the project's network and in the internet. */
let one: Machine;
let other: Machine;
let privateId: string;

beforeEach(async () => {
  store = await openTestStore();
  privateId = await stock(store);
  [one, other] = [await take(), await take()];
});
afterEach(() => store.close());

const take = () =>
  store.transaction(async (tx) => {
    const request = create(MachineServiceAllocateRequestSchema, {
      projectId,
      imageId,
      sizeId,
      partitionId,
      networks: [{ networkId: privateId }, { networkId: "internet" }],
    });
    const spec = { ...request, role: MachineRole.MACHINE, creator: "hmac:Metal-Edit" };
    const machine = await allocate(tx, spec, { nowMs: Date.now(), random: () => 0 });
    await tx.machineBmc.insert(
      create(MachineBMCRecordSchema, { id: machine.id, bmc: { address: "10.1.0.1:623" } }),
    );
    return machine;
  });

const found = async <T>(value: Promise<T | undefined>): Promise<T> => {
  const entity = await value;
  if (entity === undefined) throw new Error("the books lack what is to be broken");
  return entity;
};

const asn = () => one.allocation?.networks[0]?.asn ?? 0;
const childPrefix = async (tx: Transaction) =>
  (await found(tx.network.get(privateId))).prefixes[0] ?? "";
const minuteMs = 60_000;

const commandId = (n: number) => `01900000-0000-7000-8000-00000000000${n}`;
const command = (n: number, values: object) =>
  create(BMCCommandSchema, {
    id: commandId(n),
    machineId: one.id,
    partitionId,
    type: BmcCommandType.ON,
    state: BmcCommandState.PENDING,
    ...values,
  });

interface Broken {
  readonly what: string;
  readonly breaks: (tx: Transaction) => Promise<unknown>;
  /** The faults, the ids of machines written "ONE" and "OTHER". */
  readonly faults: readonly string[];
}

const table: readonly Broken[] = [
  { what: "nothing", breaks: async () => {}, faults: [] },
  {
    what: "an address that is in use and free",
    breaks: (tx) => tx.freeNumber.give("203.0.113.0/24", range(0xcb007101n)),
    faults: [
      'prefixes: network "internet": "203.0.113.0/24": 3405803777 is in use twice, or in use and free',
      'prefixes: network "internet": "203.0.113.0/24": numbers in use or free: 255, and not 254',
    ],
  },
  {
    what: "an address that is neither",
    breaks: (tx) => tx.freeNumber.takeFirst("203.0.113.0/24"),
    faults: [
      'prefixes: network "internet": "203.0.113.0/24": numbers in use or free: 253, and not 254',
    ],
  },
  {
    what: "a prefix that counts wrong",
    breaks: async (tx) => {
      const kept = await found(tx.prefix.get("203.0.113.0/24"));
      await tx.prefix.update({ ...kept, addresses: 7 });
    },
    faults: ['prefixes: network "internet": "203.0.113.0/24": addresses counted: 7, and not 2'],
  },
  {
    what: "a prefix that is not kept",
    breaks: (tx) => tx.prefix.delete("10.20.0.0/16"),
    faults: ['prefixes: network "underlay": "10.20.0.0/16" is not kept for it'],
  },
  {
    what: "a prefix that nobody has",
    breaks: (tx) =>
      tx.prefix.insert({
        cidr: "192.0.2.0/24",
        family: "IPv4",
        first: 0xc0000200n,
        last: 0xc00002ffn,
        network: "gone",
        parent: "",
        addresses: 0,
        children: 0,
        quads: 0n,
      }),
    faults: ['prefixes: prefix "192.0.2.0/24": is kept for network "gone", which does not have it'],
  },
  {
    what: "a child prefix that is free as well",
    breaks: async (tx) => {
      const kept = await found(tx.prefix.get(await childPrefix(tx)));
      await tx.freeBlock.give("10.0.0.0/14", { first: kept.first, bits: 10 });
    },
    faults: [
      'prefixes: network "super": "10.0.0.0/14": 167772160 is in use twice, or in use and free',
      'prefixes: network "super": "10.0.0.0/14": numbers in use or free: 263168, and not 262144',
      'prefixes: network "super": "10.0.0.0/14": free blocks of four counted: 65280, and not 65536',
    ],
  },
  {
    what: "a VRF that is lost",
    breaks: (tx) => tx.freeNumber.takeFirst("vrf"),
    faults: ["vrfs: the VRFs: numbers in use or free: 16777213, and not 16777214"],
  },
  {
    what: "an autonomous system that two machines have",
    breaks: (tx) => tx.machine.update(withAsn(other, asn())),
    faults: [
      `asns: the autonomous systems: 4210000001 is in use twice, or in use and free`,
      'asns: machine "ONE": has autonomous system 4210000001, and so has "OTHER"',
      'asns: machine "OTHER": has autonomous system 4210000001, and so has "ONE"',
    ],
  },
  {
    what: "an autonomous system that is in use and free",
    breaks: (tx) => tx.freeNumber.give("asn", range(BigInt(asn()))),
    faults: [
      "asns: the autonomous systems: 4210000001 is in use twice, or in use and free",
      "asns: the autonomous systems: numbers in use or free: 84967295, and not 84967294",
    ],
  },
  {
    what: "a tally",
    breaks: (tx) => tx.tally.add(ipTally("other"), 3),
    faults: ['tallies: project "other": IPs counted: 3, and not 0'],
  },
  {
    what: "a reservation of what is gone",
    breaks: (tx) =>
      tx.sizeReservation.insert(
        create(SizeReservationSchema, {
          id: "r",
          sizeId: "gone",
          projectId,
          partitionIds: [partitionId],
        }),
      ),
    faults: ['reservations: size reservation "r": there is no size "gone"'],
  },
  {
    what: "an IP that is not marked for its machine",
    breaks: async (tx) => tx.ip.update({ ...(await found(tx.ip.get("10.0.0.1"))), tags: [] }),
    faults: ['allocations: machine "ONE": has "10.0.0.1", which is not marked for it'],
  },
  {
    what: "an IP that is marked for a machine that does not have it",
    breaks: async (tx) => {
      const free = (await tx.machine.list({ where: { allocated: "false" }, limit: 1 }))[0]?.id;
      const ip = await found(tx.ip.get("10.0.0.1"));
      ip.tags.push(`machine.metal-stack.io/id=${free}`);
      await tx.ip.update(ip);
    },
    faults: ['addresses: IP "10.0.0.1": is marked for machine "FREE", which does not have it'],
  },
  {
    what: "secrets that outlived their allocation",
    breaks: async (tx) => {
      const secret = await found(tx.machineSecret.get(one.id));
      await tx.machineSecret.update({ ...secret, allocationUuid: "gone" });
    },
    faults: [
      'allocations: machine "ONE": has no secrets of its allocation',
      'secrets: secret of machine "ONE": belongs to allocation "gone", which the machine does not have',
    ],
  },
  {
    what: "a machine that is allocated and waits",
    breaks: (tx) => tx.machine.update({ ...one, waiting: true }),
    faults: ['allocations: machine "ONE": is allocated, and waits'],
  },
  {
    what: "a history of nobody",
    breaks: async (tx) => {
      const id = await addMachine(tx, "rack-0");
      await tx.machineWait.delete(id).catch(() => {});
      await tx.machine.delete(id);
      await tx.machineHistory.delete(id);
      await tx.machineBmc.insert(create(MachineBMCRecordSchema, { id: "gone" }));
    },
    faults: ['machines: BMC of machine "gone": there is no machine "gone"'],
  },
  {
    what: "a command that everybody forgot",
    breaks: (tx) => tx.bmcCommand.insert(command(1, {})),
    faults: [
      `commands: BMC command "${commandId(1)}": is still open: not reported within 10 minutes`,
    ],
  },
  {
    what: "a command that is sent before an earlier one is told",
    breaks: async (tx) => {
      const sent = {
        state: BmcCommandState.SENT,
        deliveries: 1,
        sent: timestampFromMs(Date.now()),
      };
      await tx.bmcCommand.insert(command(1, sent));
      await tx.bmcCommand.insert(command(2, sent));
    },
    faults: [`commands: BMC command "${commandId(2)}": was sent while "${commandId(1)}" is open`],
  },
  {
    what: "a command of no machine",
    breaks: (tx) => tx.bmcCommand.insert(command(1, { machineId: "gone" })),
    faults: [`commands: BMC command "${commandId(1)}": there is no machine "gone"`],
  },
];

const range = (value: bigint) => ({ first: value, last: value });

function withAsn(machine: Machine, asn: number): Machine {
  for (const network of machine.allocation?.networks ?? []) network.asn = asn;
  return machine;
}

/** The faults, with names for machines that have random ids. */
async function seen(nowMs: number): Promise<string[]> {
  const books = { read: store.read, settle: settled, now: () => nowMs };
  const names = new Map([
    [one.id, "ONE"],
    [other.id, "OTHER"],
  ]);
  const named = (text: string) =>
    text.replaceAll(
      /[0-9a-f]{8}-[0-9a-f-]{27}/g,
      (id) => names.get(id) ?? (id.startsWith("019") ? id : "FREE"),
    );
  return Array.fromAsync(inspect(books), ({ check, subject, fault }) =>
    named(`${check}: ${subject}: ${fault}`),
  );
}

const settled = <R>(work: (read: Snapshot) => Promise<R>) => store.transaction(work);

test.each(table)("$what is found", async ({ what, breaks, faults }) => {
  await store.transaction(breaks);
  const late = what.includes("forgot") ? 30 * minuteMs : 0;
  expect((await seen(Date.now() + late)).sort()).toEqual([...faults].sort());
});

test("what changes while it is looked at is no fault", async () => {
  let reads = 0;
  const busy = {
    ...store.read,
    tally: { get: async (name: string) => (await store.read.tally.get(name)) + ++reads },
  };
  const books = { read: busy, settle: settled, now: Date.now };
  expect(await Array.fromAsync(inspect(books))).toEqual([]);
  expect(reads).toBeGreaterThan(0);
});

test("many of a kind are all looked at", async () => {
  await store.transaction(async (tx) => {
    for (let n = 0; n < 1100; n++)
      await tx.ip.insert(
        create(IPSchema, { id: `198.51.${n >> 8}.${n & 255}`, networkId: "gone", projectId }),
      );
  });
  const lost = (await faultsOf(store)).filter((fault) => fault.endsWith('no network "gone"'));
  expect(lost).toHaveLength(1100);
});
