// IPService: proto/metal/v1/ip.proto made real.
import { create } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import {
  type IP,
  IPSchema,
  type IPService,
  type IPServiceListRequest,
} from "../../gen/metal/v1/ip_pb.ts";
import { addressText, prefixText, readAddress, readPrefix } from "../domain/cidr.ts";
import { found, seen, update } from "../domain/entity.ts";
import { invalid, precondition } from "../domain/errors.ts";
import { familyOf } from "../domain/family.ts";
import {
  allocateIp,
  assertForUsers,
  assertIpChange,
  freeIp,
  type IpWish,
  machineTag,
  settleIp,
} from "../domain/ip.ts";
import { assertHolders } from "../domain/ip-holder.ts";
import type { Transaction } from "../store/store.ts";
import type { Deps } from "./deps.ts";
import { listOf, term } from "./list.ts";

export function ipService({ read, change }: Deps) {
  return {
    async get({ id }) {
      return { ip: await seen(read.ip, "ip", canonical("id", id)) };
    },
    async list(request) {
      const page = await listOf(read.ip, "ip", { request, where: whereOf(request) });
      return { ips: page.items, nextPageToken: page.nextPageToken };
    },
    async allocate({ ip = create(IPSchema), addressFamily, machineId }, context) {
      const wanted = ip.id === "" ? undefined : readAddress("ip.ipaddress", ip.id);
      const family = familyOf(addressFamily);
      if (wanted !== undefined && family !== undefined)
        throw invalid("address_family: the wanted address has one already");
      if (machineId !== "") ip.tags.push(machineTag(machineId.toLowerCase()));
      settleIp(ip);
      return { ip: await change(context, (tx) => allocate(tx, ip, { wanted, family })) };
    },
    async update({ ip, updateMask }, context) {
      if (ip !== undefined) ip.id = canonical("ip.ipaddress", ip.id);
      const updated = await change(context, (tx) => {
        const settle = (after: IP, before: IP) => settleChange(tx, after, before);
        return update(tx.ip, "ip", { sent: ip, mask: updateMask, settle });
      });
      return { ip: updated };
    },
    async free({ id }, context) {
      const address = canonical("id", id);
      const ip = await change(context, async (tx) => freeIp(tx, await found(tx.ip, "ip", address)));
      return { ip };
    },
  } satisfies ServiceImpl<typeof IPService>;
}

const canonical = (field: string, text: string) => addressText(readAddress(field, text));

async function allocate(tx: Transaction, ip: IP, wish: IpWish): Promise<IP> {
  const { networkId, projectId } = ip;
  const reads = [tx.network.get(networkId), tx.project.get(projectId)] as const;
  const [network, project] = await Promise.all(reads);
  if (network === undefined) throw precondition(`there is no network "${networkId}"`);
  if (project === undefined) throw precondition(`there is no project "${projectId}"`);
  assertForUsers(network, projectId);
  await assertHolders(tx, ip);
  return allocateIp(tx, ip, { network, project, wish });
}

async function settleChange(tx: Transaction, after: IP, before: IP): Promise<void> {
  settleIp(after);
  assertIpChange(before, after);
  await assertHolders(tx, after, before);
  after.allocationUuid = before.allocationUuid;
  after.networkPrefix = before.networkPrefix;
}

function whereOf(request: IPServiceListRequest) {
  const { id, networkPrefix, machineId, tags } = request;
  return {
    id: id && canonical("id", id),
    name: request.name,
    network: request.networkId,
    project: request.projectId,
    prefix: networkPrefix && prefixText(readPrefix("network_prefix", networkPrefix)),
    allocation: request.allocationUuid,
    type: term(request.type),
    family: familyOf(request.addressFamily) ?? "",
    tag: machineId === "" ? tags : [...tags, machineTag(machineId)],
  };
}
