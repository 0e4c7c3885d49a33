// Hands a machine to a project: choice, addresses, autonomous system, layout and tags, all on one transaction. Whatever
// throws leaves nothing behind.
import { createHash, randomUUID } from "node:crypto";
import { create, toBinary } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  AllocationRequestSchema,
  MachineSecretSchema,
} from "../../../gen/metal/store/v1/machine_pb.ts";
import {
  FirewallRulesSchema,
  type Machine,
  type MachineAllocation,
  MachineAllocationSchema,
  MachineInstallationState,
  type MachineNetwork,
  MachineNetworkType,
  MachineServiceAllocateRequestSchema,
} from "../../../gen/metal/v1/machine_pb.ts";
import type { Transaction } from "../../store/store.ts";
import { insert } from "../entity.ts";
import { invalid, precondition } from "../errors.ts";
import { defaultHostname } from "../hostname.ts";
import { machineTags } from "../machine-tag.ts";
import { takeAsn } from "./asn.ts";
import { attachmentsOf, joinNetworks } from "./network.ts";
import { type Chance, pickMachine } from "./pick.ts";
import { type AllocationSpec, assertSpec, readRules } from "./spec.ts";
import { type Target, targetOf } from "./target.ts";

/**
 * Allocates. The same request of the same caller under the same request id gives the machine that it gave before. Throws
 * invalid_argument for a request that is wrong in itself, failed_precondition for one that is wrong with what there is,
 * resource_exhausted if machines, addresses or a quota are used up.
 */
export async function allocate(
  tx: Transaction,
  spec: AllocationSpec,
  chance: Chance,
): Promise<Machine> {
  assertSpec(spec);
  const repeated = await answered(tx, spec);
  if (repeated !== undefined) return repeated;
  const firewallRules = readRules(spec.firewallRules);
  const target = await targetOf(tx, spec);
  const attachments = await attachmentsOf(tx, spec, target);
  const machine = await pickMachine(tx, { spec, target }, chance);
  const asn = await takeAsn(tx);
  const { project } = target;
  const joiner = { machineId: machine.id, name: spec.name, project, asn };
  const networks = await joinNetworks(tx, attachments, joiner);
  const allocation = newAllocation(spec, { target, networks, nowMs: chance.nowMs });
  allocation.firewallRules = firewallRules;
  const kept = await keep(tx, machine, { spec, allocation });
  await remember(tx, spec, kept);
  return kept;
}

interface Parts {
  readonly target: Target;
  readonly networks: MachineNetwork[];
  readonly nowMs: number;
}

function newAllocation(
  spec: AllocationSpec,
  { target, networks, nowMs }: Parts,
): MachineAllocation {
  const { image, layout, partition } = target;
  return create(MachineAllocationSchema, {
    uuid: randomUUID(),
    name: spec.name,
    description: spec.description,
    projectId: spec.projectId,
    imageId: image.id,
    filesystemLayout: layout,
    networks,
    hostname: spec.hostname || defaultHostname,
    sshPublicKeys: spec.sshPublicKeys,
    role: spec.role,
    creator: spec.creator,
    created: timestampFromMs(nowMs),
    dnsServers: spec.dnsServers.length > 0 ? spec.dnsServers : partition.dnsServers,
    ntpServers: spec.ntpServers.length > 0 ? spec.ntpServers : partition.ntpServers,
    placementTags: spec.placementTags,
    installation: { state: MachineInstallationState.PENDING },
  });
}

async function keep(
  tx: Transaction,
  machine: Machine,
  { spec, allocation }: { readonly spec: AllocationSpec; readonly allocation: MachineAllocation },
): Promise<Machine> {
  machine.allocation = allocation;
  machine.waiting = false;
  machine.tags = machineTags(spec.tags, {
    primaryAsn: primaryAsn(allocation.networks),
    rackId: machine.rackId,
    chassisSerial: (await tx.machineBmc.get(machine.id))?.bmc?.fru?.chassisPartSerial ?? "",
  });
  const { id } = machine;
  const { uuid: allocationUuid } = allocation;
  const secret = create(MachineSecretSchema, { id, allocationUuid, userData: spec.userData });
  await insert(tx.machineSecret, "machineSecret", secret);
  return tx.machine.update(machine);
}

const privateTypes: ReadonlySet<MachineNetworkType> = new Set([
  MachineNetworkType.PRIVATE_PRIMARY_UNSHARED,
  MachineNetworkType.PRIVATE_PRIMARY_SHARED,
]);

function primaryAsn(networks: readonly MachineNetwork[]): number {
  return networks.find(({ networkType }) => privateTypes.has(networkType))?.asn ?? 0;
}

const requestKey = ({ creator, requestId }: AllocationSpec): string => `${creator} ${requestId}`;

/** A digest of everything that is asked for. */
function digestOf(spec: AllocationSpec): Uint8Array {
  const { firewallRules, role, creator: _, ...request } = spec;
  const message = create(MachineServiceAllocateRequestSchema, request);
  const hash = createHash("sha256").update(`${role}`);
  hash.update(toBinary(MachineServiceAllocateRequestSchema, message));
  if (firewallRules) hash.update(toBinary(FirewallRulesSchema, firewallRules));
  return hash.digest();
}

/** The machine that an earlier call with this request id got, if there was one. */
async function answered(tx: Transaction, spec: AllocationSpec): Promise<Machine | undefined> {
  if (spec.requestId === "") return undefined;
  const earlier = await tx.allocationRequest.get(requestKey(spec));
  if (earlier === undefined) return undefined;
  if (!Buffer.from(earlier.digest).equals(digestOf(spec)))
    throw invalid(`request_id: "${spec.requestId}" was used for another request`);
  const machine = await tx.machine.get(earlier.machineId);
  if (machine?.allocation?.uuid === earlier.allocationUuid) return machine;
  throw precondition(
    `machine "${earlier.machineId}", allocated for request "${spec.requestId}", was freed since then`,
  );
}

async function remember(tx: Transaction, spec: AllocationSpec, machine: Machine): Promise<void> {
  if (spec.requestId === "") return;
  const request = create(AllocationRequestSchema, {
    id: requestKey(spec),
    machineId: machine.id,
    allocationUuid: machine.allocation?.uuid,
    digest: digestOf(spec),
  });
  await tx.allocationRequest.insert(request);
}
