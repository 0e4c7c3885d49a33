// Seals what the audit holds: every few seconds the records that were committed since get a link in the chain. Nothing of
// it is in the way of a call, which appends its record to no chain and waits for nobody.
import { type KeyObject, sign as signWith } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { create, toJson, type JsonObject } from "@bufbuild/protobuf";
import { timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import {
  type AuditRecord,
  AuditRecordSchema,
  type AuditSeal,
  AuditSealSchema,
} from "../../gen/metal/v1/audit_pb.ts";
import type { Store } from "../store/store.ts";
import { type Leaf, recordHash, rootOf, sealHash } from "./chain/link.ts";

/** Records in one seal at most: so many are read at once, and so much of a copy is lost with one line. */
const mostRecords = 500;

/** What seals are made with. */
export interface SealOptions {
  readonly store: Pick<Store, "read" | "transaction">;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** The signature of a seal's hash; seals are not signed without. */
  readonly sign?: ((hash: string) => Uint8Array<ArrayBuffer>) | undefined;
  /** Ends the work before all of it is done, when it is aborted. */
  readonly stopping?: AbortSignal;
}

/**
 * Seals everything that is committed, and rests between seals as long as it works: what has piled up, after an import
 * for one, must not take the time of calls. Rejects with what the store rejects with; what was sealed so far stays.
 */
export async function sealAudit(options: SealOptions): Promise<void> {
  for (;;) {
    const begunMs = performance.now();
    if ((await sealSome(options)) < mostRecords || options.stopping?.aborted) return;
    await pause(performance.now() - begunMs);
  }
}

/** Returns how many records it sealed. Of two who seal at once one does nothing. */
async function sealSome(options: SealOptions): Promise<number> {
  const { read } = options.store;
  // Before the records: when another server has sealed them meanwhile, this is not the newest seal any more.
  const last = await read.seals.head();
  const records = (await read.seals.unsealed(mostRecords)).filter(isUnderstood);
  if (records.length === 0) return 0;
  const seal = nextSeal(last, { ...options, leaves: records.map(leafOf) });
  return (await appended(options, seal)) ? records.length : 0;
}

/** A record with fields of a newer version is left to a server that can read, and so hash, all of it. */
const isUnderstood = ({ $unknown }: AuditRecord) => $unknown === undefined;

/** The record as it is in a seal. */
export function leafOf(record: AuditRecord): Leaf {
  return { traceId: record.traceId, hash: recordHash(toJson(AuditRecordSchema, record)) };
}

/** What goes into a seal. */
export interface Link extends Pick<SealOptions, "now" | "sign"> {
  readonly leaves: readonly Leaf[];
  /** What the seal says was removed; what the one before it says, if absent. */
  readonly removed?: Pick<AuditSeal, "forgotten" | "horizon">;
}

/** The seal that follows `last`. */
export function nextSeal(last: AuditSeal | undefined, link: Link): AuditSeal {
  const { leaves, now, sign, removed = last } = link;
  const lastMs = last?.time === undefined ? 0 : timestampMs(last.time);
  const seal = create(AuditSealSchema, {
    number: (last?.number ?? 0n) + 1n,
    previous: last?.hash ?? "",
    // Clocks of servers differ; the order of the seals does not.
    time: timestampFromMs(Math.max(now(), lastMs)),
    count: leaves.length,
    root: rootOf(leaves),
    ...(removed && { forgotten: removed.forgotten, horizon: removed.horizon }),
    leaves: [...leaves],
  });
  seal.hash = sealHash(toJson(AuditSealSchema, seal) as JsonObject);
  if (sign) seal.signature = sign(seal.hash);
  return seal;
}

/** Appends a seal. False if another server was first. */
export async function appended(
  { store }: Pick<SealOptions, "store">,
  seal: AuditSeal,
): Promise<boolean> {
  try {
    await store.transaction((tx) => tx.seals.append(seal));
    return true;
  } catch (error) {
    if (error instanceof ConnectError && error.code === Code.Aborted) return false;
    throw error;
  }
}

/** Signs with an Ed25519 key: the signature is of the text of the hash. */
export function signer(key: KeyObject): NonNullable<SealOptions["sign"]> {
  return (hash) => new Uint8Array(signWith(null, Buffer.from(hash), key));
}
