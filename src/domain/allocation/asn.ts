// Autonomous systems: each allocated machine has one of its own, the same in all of its networks.
import type { Transaction } from "../../store/store.ts";
import { exhausted } from "../errors.ts";

/** The pool of free numbers, those for private use above 4210000000 (RFC 6996, section 5). */
export const asnPool = "asn";

/** A number for a machine. Throws resource_exhausted. */
export async function takeAsn(tx: Transaction): Promise<number> {
  const asn = await tx.freeNumber.takeFirst(asnPool);
  if (asn === undefined) throw exhausted("no autonomous system is free");
  return Number(asn);
}

/** Gives the number of a machine back. 0 is none. */
export async function giveAsn(tx: Transaction, asn: number): Promise<void> {
  if (asn === 0) return;
  await tx.freeNumber.give(asnPool, { first: BigInt(asn), last: BigInt(asn) });
}
