// VRFs: numbers that keep the routes of networks apart. Several networks may share one; it is free again when the last
// of them is gone.
import type { Transaction } from "../store/store.ts";
import { alreadyExists, exhausted } from "./errors.ts";

/** The pool of free VRFs. */
export const vrfPool = "vrf";

/** A number for a network that asks for none in particular. Throws resource_exhausted. */
export async function nextVrf(tx: Transaction): Promise<number> {
  const vrf = await tx.freeNumber.takeFirst(vrfPool);
  if (vrf === undefined) throw exhausted("no VRF is free");
  return Number(vrf);
}

/** Takes this number. Throws already_exists if other networks have it, unless it may be shared. */
export async function takeVrf(
  tx: Transaction,
  { vrf, shared }: { readonly vrf: number; readonly shared: boolean },
): Promise<void> {
  const range = { first: BigInt(vrf), last: BigInt(vrf) };
  if ((await tx.freeNumber.take(vrfPool, range)) || shared) return;
  const [user] = await usersOf(tx, vrf);
  throw alreadyExists(`VRF ${vrf} is in use by network "${user?.id}", and is not to be shared`);
}

/** Gives a number back that a network had, unless another one still has it. The network must be gone already. */
export async function giveVrf(tx: Transaction, vrf: number): Promise<void> {
  if (vrf === 0 || (await usersOf(tx, vrf)).length > 0) return;
  await tx.freeNumber.give(vrfPool, { first: BigInt(vrf), last: BigInt(vrf) });
}

const usersOf = (tx: Transaction, vrf: number) =>
  tx.network.list({ where: { vrf: `${vrf}` }, limit: 1 });
