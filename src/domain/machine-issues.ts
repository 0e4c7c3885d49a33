// What is wrong with machines, from what is kept of them. Conflicts are looked for among all machines, whichever of them
// are judged: of addresses of BMCs among those of a partition, for each partition has its own; of ASNs among all.
import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { MachineBMCRecord, MachineHistory } from "../../gen/metal/store/v1/machine_pb.ts";
import { type Machine, MachineRole } from "../../gen/metal/v1/machine_pb.ts";
import type { Snapshot } from "../store/store.ts";
import { every } from "./every.ts";
import type { IssueType } from "./issue-type.ts";
import { type IssueMachine, type IssueTimes, type IssueWorld, issueWorld } from "./issue-world.ts";
import { type Issue, issuesOf } from "./issues.ts";
import { containerOf } from "./machine-history.ts";

type Kept = Pick<Snapshot, "machine" | "machineHistory" | "machineBmc">;

/** Tells what is wrong with machines. */
export interface IssueJudge {
  /** The issues of the given kinds, in their order. */
  issuesOf(machine: Machine, history: MachineHistory | undefined): Issue[];
}

/** Reads what conflicts are told by, and judges with it. */
export async function createIssueJudge(
  read: Kept,
  times: IssueTimes,
  types: readonly IssueType[],
): Promise<IssueJudge> {
  const records = new Map<string, MachineBMCRecord>();
  for await (const record of every(read.machineBmc, "machineBmc")) records.set(record.id, record);
  const firewalls: Conflicting[] = [];
  const where = { role: `${MachineRole.FIREWALL}` };
  for await (const machine of every(read.machine, "machine", { where }))
    firewalls.push({ ...factsOf(machine, undefined), bmc: noBmc });
  const worlds = new Map<string, IssueWorld>();
  return {
    issuesOf(machine, history) {
      const { partitionId } = machine;
      const world =
        worlds.get(partitionId) ??
        issueWorld([...firewalls, ...bmcsOf(records.values(), partitionId)], times);
      worlds.set(partitionId, world);
      const facts = factsOf(machine, records.get(machine.id));
      return issuesOf(
        { ...facts, ...(history && { container: containerOf(history) }) },
        world,
        types,
      );
    },
  };
}

type Conflicting = Pick<IssueMachine, "id" | "allocation" | "bmc">;

const noBmc: IssueMachine["bmc"] = { mac: "", address: "" };

/** The machines of a partition that share the network of their BMCs. */
function bmcsOf(records: Iterable<MachineBMCRecord>, partitionId: string): Conflicting[] {
  return Array.from(records)
    .filter(({ bmc }) => bmc?.partitionId === partitionId)
    .map((record) => ({ id: record.id, bmc: bmcFacts(record) }));
}

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
