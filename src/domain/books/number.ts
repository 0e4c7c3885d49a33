// The books of numbers that are handed out: VRFs of networks, autonomous systems of machines.
import type { Machine } from "../../../gen/metal/v1/machine_pb.ts";
import type { Snapshot } from "../../store/store.ts";
import { asnPool } from "../allocation/asn.ts";
import type { Range } from "../cidr.ts";
import { every } from "../every.ts";
import { vrfPool } from "../vrf.ts";
import { type Check, checkOfEach, checkOnce } from "./check.ts";
import { allOf, single, tilingFaults } from "./tiling.ts";

/** All VRFs: 24 bits without 0 and the last (RFC 7348, section 5). */
const allVrfs: Range = { first: 1n, last: 16_777_214n };
/** All autonomous systems that machines get (RFC 6996, section 5). */
const allAsns: Range = { first: 4_210_000_001n, last: 4_294_967_294n };

/** The checks of numbers. */
export const numberChecks: readonly Check[] = [
  checkOnce("vrfs", "the VRFs", async (read) => {
    const used = new Set<bigint>();
    for await (const { vrf } of every(read.network, "network"))
      if (vrf !== 0) used.add(BigInt(vrf));
    return poolFaults(read, { pool: vrfPool, whole: allVrfs, used: [...used] });
  }),
  checkOnce("asns", "the autonomous systems", async (read) => {
    const used: bigint[] = [];
    const where = { allocated: "true" };
    for await (const machine of every(read.machine, "machine", { where }))
      used.push(BigInt(asnsOf(machine)[0] ?? 0));
    return poolFaults(read, { pool: asnPool, whole: allAsns, used });
  }),
  checkOfEach("asns", "machine", async (read, machine) => {
    if (machine.allocation === undefined) return [];
    const [asn = 0, ...others] = asnsOf(machine);
    if (asn === 0) return ["has no autonomous system"];
    if (others.length > 0)
      return [`has several autonomous systems: ${[asn, ...others].join(", ")}`];
    const having = await read.machine.list({ where: { asn: `${asn}` }, limit: 2 });
    const other = having.find(({ id }) => id !== machine.id);
    return other === undefined ? [] : [`has autonomous system ${asn}, and so has "${other.id}"`];
  }),
];

const asnsOf = ({ allocation }: Machine): number[] => [
  ...new Set(allocation?.networks.map(({ asn }) => asn)),
];

interface Pool {
  readonly pool: string;
  readonly whole: Range;
  readonly used: readonly bigint[];
}

async function poolFaults(read: Snapshot, { pool, whole, used }: Pool): Promise<string[]> {
  const free = await allOf((page) => read.freeNumber.list(pool, page));
  return tilingFaults(whole, [...free, ...used.map(single)]);
}
