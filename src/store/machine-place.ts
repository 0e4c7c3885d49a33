// Where machines are chosen from, as one value each: terms are looked up by one value, not by several at once.
import { createHash } from "node:crypto";

/** Machines of a size in a partition are as good as each other. */
export interface Place {
  readonly partitionId: string;
  readonly sizeId: string;
}

/** A place, and what else narrows it down, as text of a fixed length. */
export function placeOf({ partitionId, sizeId }: Place, ...others: readonly string[]): string {
  const parts = JSON.stringify([partitionId, sizeId, ...others]);
  return createHash("sha256").update(parts).digest("base64url");
}

/** What placeOf() returned, in one rack. */
export function inRack(place: string, rackId: string): string {
  return `${place} ${rackId}`;
}

/** What inRack() of this place begins with, in whatever rack. */
export function inAnyRack(place: string): string {
  return `${place} `;
}
