// What is wrong with machines, from what is kept of them. Conflicts are looked for among all machines, whichever of them
// are judged: of addresses of BMCs among those of a partition, for each partition has its own; of ASNs among all.
import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { MachineBMCRecord, MachineHistory } from "../../gen/metal/store/v1/machine_pb.ts";
import { type Machine, MachineRole } from "../../gen/metal/v1/machine_pb.ts";
import type { Snapshot } from "../store/store.ts";
import type { IssueType } from "./issue-type.ts";
import { firewallAsns, type IssueMachine, type IssueTimes, issueWorld } from "./issue-world.ts";
import { type Issue, issuesOf } from "./issues.ts";
import { containerOf } from "./machine-history.ts";

type Kept = Pick<Snapshot, "machine" | "machineHistory" | "machineBmc">;

/** Tells what is wrong with a machine: the issues of the given kinds, in their order. */
export type IssueJudge = (
  machine: Machine,
  history: MachineHistory | undefined,
) => Promise<Issue[]>;

/** Judges of each machine by what is kept of it, and by the few that share what should be its own. */
export function createIssueJudge(
  read: Kept,
  times: IssueTimes,
  types: readonly IssueType[],
): IssueJudge {
  return async (machine, history) => {
    const facts = factsOf(machine, await read.machineBmc.get(machine.id));
    const sharing = [...(await sharingBmc(read, facts)), ...(await sharingAsn(read, facts))];
    const container = history && { container: containerOf(history) };
    return issuesOf({ ...facts, ...container }, issueWorld(sharing, times), types);
  };
}

type Conflicting = Pick<IssueMachine, "id" | "allocation" | "bmc">;

/** Of those that share something no more are looked at: nobody reads so many names. */
const maxSharing = 1_000;

/** The machines of its partition whose BMC has the address, itself among them. */
async function sharingBmc(
  { machineBmc }: Kept,
  { partitionId, bmc: { address } }: IssueMachine,
): Promise<Conflicting[]> {
  if (address === "") return [];
  const where = { address, partition: partitionId };
  const records = await machineBmc.list({ where, limit: maxSharing });
  return records.map((record) => ({ id: record.id, bmc: bmcFacts(record) }));
}

/** The firewalls that have one of its ASNs, if it is one. */
async function sharingAsn({ machine }: Kept, facts: IssueMachine): Promise<Conflicting[]> {
  const found = new Map<string, Conflicting>();
  for (const asn of firewallAsns(facts)) {
    const where = { asn: `${asn}`, role: `${MachineRole.FIREWALL}` };
    for (const firewall of await machine.list({ where, limit: maxSharing }))
      found.set(firewall.id, { ...factsOf(firewall, undefined), bmc: noBmc });
  }
  return [...found.values()];
}

const noBmc: IssueMachine["bmc"] = { mac: "", address: "" };

function factsOf(
  { id, partitionId, allocation }: Machine,
  record: MachineBMCRecord | undefined,
): IssueMachine {
  const bmc = record === undefined ? noBmc : bmcFacts(record);
  if (allocation === undefined) return { id, partitionId, bmc };
  const role = allocation.role === MachineRole.FIREWALL ? "firewall" : "machine";
  const asns = allocation.networks.map(({ asn }) => asn);
  return { id, partitionId, bmc, allocation: { role, asns } };
}

function bmcFacts({ bmc }: MachineBMCRecord): IssueMachine["bmc"] {
  const { mac = "", address = "", lastUpdated } = bmc ?? {};
  return { mac, address, ...(lastUpdated && { lastUpdated: timestampMs(lastUpdated) }) };
}
