// Firewalls of a data centre with a VPN: each is allocated together with the key that it joins with.
import { create } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import { type Machine, MachineVPNSchema } from "../../../gen/metal/v1/machine_pb.ts";
import type { Transaction } from "../../store/store.ts";
import type { AuthKey, Vpn } from "../../vpn/vpn.ts";
import type { Deps } from "../deps.ts";
import type { Rehearse } from "./rehearsal.ts";

/** What it takes to allocate. */
export interface VpnAllocationDeps extends Deps {
  readonly rehearse: Rehearse;
  /** The VPN; none without. */
  readonly vpn?: Vpn | undefined;
}

/** A firewall is installed within this time, in milliseconds. */
const keyLifetimeMs = 2 * 60 * 60 * 1000;

/**
 * Runs `allocate`, and lets the firewall that it allocates into the VPN, if there is one. The key is made when it is
 * known that the allocation can be done, and revoked if it is not done after all. Throws unavailable, and allocates
 * nothing, if the VPN does not answer.
 */
export async function allocateWithVpn(
  { read, change, rehearse, vpn }: VpnAllocationDeps,
  context: HandlerContext,
  allocate: (tx: Transaction) => Promise<Machine>,
): Promise<Machine> {
  if (vpn === undefined) return change(context, allocate);
  const { id, allocation } = await rehearse(allocate);
  const known = await read.machine.get(id);
  // A request that is repeated gets what it got before.
  if (known?.allocation && known.allocation.uuid === allocation?.uuid)
    return change(context, allocate);
  const projectId = allocation?.projectId ?? "";
  const expiresAt = new Date(Date.now() + keyLifetimeMs);
  const key = await vpn.createAuthKey({ projectId, ephemeral: false, expiresAt });
  return withKey(vpn, key, () => change(context, (tx) => handOver(tx, { vpn, key, allocate })));
}

/** A firewall, and whether it has the key. */
interface Handed {
  readonly firewall: Machine;
  readonly isNew: boolean;
}

/** Revokes the key unless it was handed to a firewall. */
async function withKey(vpn: Vpn, key: AuthKey, work: () => Promise<Handed>): Promise<Machine> {
  let handed: Handed | undefined;
  try {
    handed = await work();
    return handed.firewall;
  } finally {
    if (handed?.isNew !== true) await vpn.revokeAuthKey(key).catch(() => undefined);
  }
}

interface Handover {
  readonly vpn: Vpn;
  readonly key: AuthKey;
  readonly allocate: (tx: Transaction) => Promise<Machine>;
}

/** Allocates, and keeps the key with the secrets of the allocation; one that has a key already keeps that. */
async function handOver(tx: Transaction, { vpn, key, allocate }: Handover): Promise<Handed> {
  const firewall = await allocate(tx);
  const secret = await tx.machineSecret.get(firewall.id);
  if (firewall.allocation === undefined || secret === undefined)
    throw new Error(`firewall "${firewall.id}" was allocated without secrets`);
  if (firewall.allocation.vpn !== undefined) return { firewall, isNew: false };
  firewall.allocation.vpn = create(MachineVPNSchema, { address: vpn.loginUrl });
  await tx.machineSecret.update({ ...secret, vpnAuthKey: key.key });
  return { firewall: await tx.machine.update(firewall), isNew: true };
}
