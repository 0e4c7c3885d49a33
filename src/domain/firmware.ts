// What firmware is called, in requests, in the store, and by the hardware that it is for.
import { FirmwareKind } from "../../gen/metal/v1/firmware_pb.ts";
import type { MachineBMCRecord } from "../../gen/metal/store/v1/machine_pb.ts";
import type { Machine } from "../../gen/metal/v1/machine_pb.ts";
import { precondition } from "./errors.ts";

/** What firmware is for, by the words that stores have. */
export const firmwareKinds = ["bios", "bmc"] as const;
export type FirmwareWord = (typeof firmwareKinds)[number];

/** Names a firmware. */
export interface FirmwareName {
  readonly kind: FirmwareWord;
  /** Who made the board, in lower case. */
  readonly vendor: string;
  /** The part number of the board, in upper case. */
  readonly board: string;
  readonly revision: string;
}

const numbers: Readonly<Record<FirmwareWord, FirmwareKind>> = {
  bios: FirmwareKind.BIOS,
  bmc: FirmwareKind.BMC,
};

/** The number that messages have for a kind. */
export function firmwareNumber(kind: FirmwareWord): FirmwareKind {
  return numbers[kind];
}

/** The kind of a number; undefined for one that stands for none. */
export function firmwareWord(number: FirmwareKind): FirmwareWord | undefined {
  return firmwareKinds.find((kind) => numbers[kind] === number);
}

/** A firmware as a message names it. */
export interface FirmwareFields {
  readonly kind: FirmwareKind;
  readonly vendor: string;
  readonly board: string;
  readonly revision: string;
}

/** The name of a firmware: boards are told apart whatever their case. */
export function firmwareName({ kind, vendor, board, revision }: FirmwareFields): FirmwareName {
  const word = firmwareWord(kind);
  if (word === undefined) throw new Error(`${kind} stands for no kind of firmware`);
  return { kind: word, ...boardName({ vendor, board }), revision };
}

const part = /^[a-zA-Z0-9][a-zA-Z0-9 ._+()-]{0,127}$/;

/** Whether there can be a firmware of this name: the parts of names are parts of paths, too, and stay where they are. */
export function isFirmwareName({ vendor, board, revision }: FirmwareName): boolean {
  return [vendor, board, revision].every((text) => part.test(text));
}

/** What tells boards apart. */
export interface Board {
  readonly vendor: string;
  readonly board: string;
}

/** A board as names of firmware have it. */
export function boardName({ vendor, board }: Board): Board {
  return { vendor: vendor.toLowerCase(), board: board.toUpperCase() };
}

/** The board of a machine, as its hardware says it; undefined if it does not. */
export function boardOf(record: MachineBMCRecord | undefined): Board | undefined {
  const { boardMfg: vendor = "", boardPartNumber: board = "" } = record?.bmc?.fru ?? {};
  return vendor === "" || board === "" ? undefined : boardName({ vendor, board });
}

/** The version that a machine has now; empty if it is not known. */
export function installedRevision(
  kind: FirmwareWord,
  { bios }: Pick<Machine, "bios">,
  record: MachineBMCRecord | undefined,
): string {
  return (kind === "bios" ? bios?.version : record?.bmc?.bmcVersion) ?? "";
}

/** What stands for a firmware in texts. */
export function firmwareText({ kind, vendor, board, revision }: FirmwareName): string {
  return `${kind} firmware "${revision}" for board "${board}" of "${vendor}"`;
}

/** Throws failed_precondition unless the machine can get another version of this kind; returns its board. */
export function assertUpdatable(
  { id, ...machine }: Pick<Machine, "id" | "bios">,
  record: MachineBMCRecord | undefined,
  { kind, revision }: Pick<FirmwareName, "kind" | "revision">,
): Board {
  const board = boardOf(record);
  if (board === undefined) throw precondition(`the board of machine "${id}" is not known`);
  if (installedRevision(kind, machine, record) === revision)
    throw precondition(`machine "${id}" has ${kind} firmware "${revision}" already`);
  return board;
}
