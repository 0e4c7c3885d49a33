// What is known of the BMCs of machines, kept beside the machines because it is reported every few minutes.
import { create } from "@bufbuild/protobuf";
import {
  type MachineBMCRecord,
  MachineBMCRecordSchema,
} from "../../gen/metal/store/v1/machine_pb.ts";
import {
  type Machine,
  type MachineBMC,
  MachineBMCSchema,
  type MachineFRU,
  MachineFRUSchema,
} from "../../gen/metal/v1/machine_pb.ts";
import type { Transaction } from "../store/store.ts";

/** The account that machines create on their BMCs if a password for it is configured. */
export const superUserName = "root";

type Records = Pick<Transaction, "machineBmc">;

/** A record and the part of it that is shown. */
export interface KnownBmc {
  readonly record: MachineBMCRecord;
  readonly bmc: MachineBMC;
}

/** What is known of the BMC of a machine; a new record if nothing is. */
export async function bmcOf(
  { machineBmc }: Records,
  { id, partitionId }: Pick<Machine, "id" | "partitionId">,
): Promise<KnownBmc> {
  const record = (await machineBmc.get(id)) ?? create(MachineBMCRecordSchema, { id });
  record.bmc ??= create(MachineBMCSchema);
  Object.assign(record.bmc, { id, partitionId });
  return { record, bmc: record.bmc };
}

/** Keeps a record, new or not. */
export async function keepBmc({ machineBmc }: Records, record: MachineBMCRecord): Promise<void> {
  await (record.generation === undefined ? machineBmc.insert(record) : machineBmc.update(record));
}

const fruParts = [
  "chassisPartNumber",
  "chassisPartSerial",
  "boardMfg",
  "boardMfgSerial",
  "boardPartNumber",
  "productManufacturer",
  "productPartNumber",
  "productSerial",
] as const;
type Parts = Partial<Record<(typeof fruParts)[number], string>>;

/** What is known of the parts of a machine, joined with what is told. Empty parts are not told. */
export function joinFru(known: MachineFRU | undefined, told: Parts | undefined) {
  if (told === undefined) return known;
  const parts = Object.fromEntries(fruParts.map((part) => [part, told[part] ?? ""]));
  return Object.assign(known ?? create(MachineFRUSchema), given(parts));
}

/** The fields that are not empty: what is left out stays as it is known. */
export function given<T extends Readonly<Record<string, string>>>(fields: T): Partial<T> {
  const entries = Object.entries(fields).filter(([, value]) => value !== "");
  return Object.fromEntries(entries) as Partial<T>;
}
