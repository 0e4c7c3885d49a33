// What machines and what belongs to them are found by. entities.ts has a line for each of these kinds.
import type {
  AllocationRequest,
  MachineBMCRecord,
  MachineHistory,
} from "../../gen/metal/store/v1/machine_pb.ts";
import { type BMCCommand, BmcCommandState } from "../../gen/metal/v1/bmc_command_pb.ts";
import { type Machine, MachineStateValue } from "../../gen/metal/v1/machine_pb.ts";
import type { Switch } from "../../gen/metal/v1/switch_pb.ts";
import type { Term } from "./entities.ts";
import { inRack, type Place, placeOf } from "./machine-place.ts";

const each = <F extends string>(field: F, values: readonly string[]): Term<F>[] =>
  values.map((value) => [field, value]);
/** A number that is found by its digits; 0 is no value. */
const digits = (number: number): string => (number === 0 ? "" : `${number}`);

/** Fields of a machine as such. */
type OwnField = "partition" | "rack" | "size" | "state" | "waiting" | "allocated" | "tag" | "mac";

/** Fields of the allocation of a machine. */
type AllocationField =
  | ("allocation" | "name" | "project" | "role" | "hostname" | "image" | "filesystemLayout")
  | ("network" | "address" | "asn" | "vrf");

/**
 * What a choice of machines is made by: how many anybody could have, all and by rack; how many a project has, all and
 * by rack, those with a placement tag once more.
 */
type PlaceField = "free" | "freeIn" | "held" | "heldIn" | "apart";

/** Where the machine stands, what it is, and what it is used for. "state" and "role" are numbers of their enums. */
export function machineTerms(machine: Machine): Term<OwnField | AllocationField | PlaceField>[] {
  const { allocation, hardware, state } = machine;
  return [
    ["waiting", `${machine.waiting}`],
    ["allocated", `${allocation !== undefined}`],
    ["partition", machine.partitionId],
    ["rack", machine.rackId],
    ["size", machine.sizeId],
    ["state", `${state?.value || MachineStateValue.AVAILABLE}`],
    ...each("tag", machine.tags),
    ...each(
      "mac",
      (hardware?.nics ?? []).map(({ mac }) => mac),
    ),
    ...allocationTerms(allocation),
    ...placeTerms(machine),
  ];
}

/** What is asked of all machines of a partition, a project or another thing: whether there is one, and how many. */
export const countedMachineFields = [
  "partition",
  "size",
  "project",
  "image",
  "filesystemLayout",
  "network",
  "free",
  "freeIn",
  "held",
  "heldIn",
  "apart",
] as const satisfies readonly (OwnField | AllocationField | PlaceField)[];

function placeTerms(machine: Machine): Term<PlaceField>[] {
  const { partitionId, sizeId, rackId, allocation, waiting, state } = machine;
  const place: Place = { partitionId, sizeId };
  if (allocation !== undefined) return heldTerms(place, rackId, allocation);
  const isOpen = (state?.value || MachineStateValue.AVAILABLE) === MachineStateValue.AVAILABLE;
  if (!waiting || !isOpen) return [];
  return [
    ["free", placeOf(place)],
    ["freeIn", inRack(placeOf(place), rackId)],
  ];
}

function heldTerms(
  place: Place,
  rackId: string,
  { projectId, role, placementTags }: NonNullable<Machine["allocation"]>,
): Term<PlaceField>[] {
  const own = placeOf(place, projectId, `${role}`);
  return [
    ["held", placeOf(place, projectId)],
    ["heldIn", inRack(own, rackId)],
    ...each(
      "apart",
      placementTags.map((tag) => inRack(placeOf(place, projectId, `${role}`, tag), rackId)),
    ),
  ];
}

function allocationTerms(allocation: Machine["allocation"]): Term<AllocationField>[] {
  if (allocation === undefined) return [];
  const { networks } = allocation;
  return [
    ["allocation", allocation.uuid],
    ["name", allocation.name],
    ["project", allocation.projectId],
    ["role", `${allocation.role}`],
    ["hostname", allocation.hostname],
    ["image", allocation.imageId],
    ["filesystemLayout", allocation.filesystemLayout?.id ?? ""],
    ...each(
      "network",
      networks.map(({ networkId }) => networkId),
    ),
    ...each(
      "address",
      networks.flatMap(({ ips }) => ips),
    ),
    ...each(
      "asn",
      networks.map(({ asn }) => digits(asn)),
    ),
    ...each(
      "vrf",
      networks.map(({ vrf }) => digits(vrf)),
    ),
  ];
}

/** Whether the machine was heard of lately, by the number of its enum. */
export const historyTerms = (history: MachineHistory): Term<"liveliness">[] => [
  ["liveliness", `${history.liveliness}`],
];

type HardwareField =
  | ("chassisPartNumber" | "chassisPartSerial" | "boardMfg" | "boardPartNumber")
  | ("productManufacturer" | "productPartNumber" | "productSerial");

/** The board as names of firmware have it, which do not care about case. */
type BoardField = "vendor" | "board";

/** Where the BMC is, and what the hardware says of itself. */
export function bmcTerms({
  bmc,
}: MachineBMCRecord): Term<"partition" | "mac" | "address" | HardwareField | BoardField>[] {
  const { partitionId = "", mac = "", address = "", fru } = bmc ?? {};
  return [
    ["partition", partitionId],
    ["mac", mac],
    ["address", address],
    ["chassisPartNumber", fru?.chassisPartNumber ?? ""],
    ["chassisPartSerial", fru?.chassisPartSerial ?? ""],
    ["boardMfg", fru?.boardMfg ?? ""],
    ["boardPartNumber", fru?.boardPartNumber ?? ""],
    ["productManufacturer", fru?.productManufacturer ?? ""],
    ["productPartNumber", fru?.productPartNumber ?? ""],
    ["productSerial", fru?.productSerial ?? ""],
    ["vendor", fru?.boardMfg.toLowerCase() ?? ""],
    ["board", fru?.boardPartNumber.toUpperCase() ?? ""],
  ];
}

const isOpen = ({ state }: BMCCommand): boolean =>
  state === BmcCommandState.PENDING || state === BmcCommandState.SENT;

/** "open" is the partition, of commands that nobody has reported: what is to be sent there. */
export const commandTerms = (
  command: BMCCommand,
): Term<"open" | "machine" | "partition" | "state">[] => [
  ["open", isOpen(command) ? command.partitionId : ""],
  ["machine", command.machineId],
  ["partition", command.partitionId],
  ["state", `${command.state}`],
];

/** The machine that was allocated. */
export const allocationRequestTerms = ({
  machineId,
  allocationUuid,
}: AllocationRequest): Term<"machine" | "allocation">[] => [
  ["machine", machineId],
  ["allocation", allocationUuid],
];

/** Where the switch stands, what it runs, and the machines that are connected with it. */
export const switchTerms = (
  one: Switch,
): Term<"name" | "partition" | "rack" | "osVendor" | "osVersion" | "machine">[] => [
  ["name", one.name],
  ["partition", one.partitionId],
  ["rack", one.rackId],
  ["osVendor", one.os?.vendor ?? ""],
  ["osVersion", one.os?.version ?? ""],
  ...each(
    "machine",
    one.connections.map(({ machineId }) => machineId),
  ),
];
