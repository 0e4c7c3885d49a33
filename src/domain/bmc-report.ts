// What BMCs report of themselves and their machines: noted field by field, because what is left out stays as it is known.
import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  type Machine,
  MachineBIOSSchema,
  type MachineBMCReport,
  MachineLEDSchema,
  MachineLedValue,
} from "../../gen/metal/v1/machine_pb.ts";
import type { Transaction } from "../store/store.ts";
import { parseAddress } from "./cidr.ts";
import { hostnameFault } from "./hostname.ts";
import { newMachine } from "./machine.ts";
import { bmcOf, given, joinFru, keepBmc } from "./machine-bmc.ts";

/** A report about one machine. */
export interface BmcReport {
  /** In lower case. */
  readonly id: string;
  /** Where it comes from. */
  readonly partitionId: string;
  readonly report: MachineBMCReport;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
}

/**
 * Notes a report. A machine that was not known becomes known, one that stands nowhere yet stands where it is reported.
 * One of another partition is left alone: its report fits no machine.
 */
export async function noteReport(
  tx: Pick<Transaction, "machine" | "machineBmc">,
  { id, partitionId, report, nowMs }: BmcReport,
): Promise<"created" | "updated" | "unfit"> {
  const known = await tx.machine.get(id);
  if (known !== undefined && ![partitionId, ""].includes(known.partitionId)) return "unfit";
  const machine = known ?? newMachine(id);
  const isChanged = noteMachine(machine, partitionId, report);
  if (known === undefined) await tx.machine.insert(machine);
  if (known !== undefined && isChanged) await tx.machine.update(machine);
  await noteBmc(tx, machine, { report, nowMs });
  return known === undefined ? "created" : "updated";
}

const ledValues: ReadonlyMap<string, MachineLedValue> = new Map([
  ["LED-ON", MachineLedValue.ON],
  ["LED-OFF", MachineLedValue.OFF],
]);

/** What the report says of the machine itself. False if that is known already, so that the machine need not be written. */
function noteMachine(machine: Machine, partitionId: string, report: MachineBMCReport): boolean {
  const { biosVersion, indicatorLedState } = report;
  const led = ledValues.get(indicatorLedState) ?? machine.led?.value;
  const bios = biosVersion || machine.bios?.version;
  const isKnown =
    machine.partitionId === partitionId &&
    machine.led?.value === led &&
    machine.bios?.version === bios;
  machine.partitionId = partitionId;
  if (led !== undefined) (machine.led ??= create(MachineLEDSchema)).value = led;
  if (bios !== undefined) (machine.bios ??= create(MachineBIOSSchema)).version = bios;
  return !isKnown;
}

async function noteBmc(
  tx: Pick<Transaction, "machineBmc">,
  machine: Machine,
  { report, nowMs }: Pick<BmcReport, "report" | "nowMs">,
): Promise<void> {
  const { record, bmc } = await bmcOf(tx, machine);
  const { bmcVersion, powerState, powerMetric, powerSupplies } = report;
  bmc.address = bmcAddress(report.bmcIp, bmc.address);
  Object.assign(bmc, given({ bmcVersion, powerState }));
  bmc.fru = joinFru(bmc.fru, report.fru);
  bmc.powerMetric = powerMetric ?? bmc.powerMetric;
  if (powerSupplies.length > 0) bmc.powerSupplies = powerSupplies;
  bmc.lastUpdated = timestampFromMs(nowMs);
  await keepBmc(tx, record);
}

/** Where BMCs listen unless they say otherwise (IPMI 2.0, section 13.1.2). */
const defaultPort = "623";

/**
 * The address of a BMC as host and port: the host that is told, at the port that is known. Without a host that could be
 * one, or without any, the address stays as it is known.
 */
export function bmcAddress(told: string, known: string): string {
  const host = told.replace(/^\[(.*)\]$/, "$1");
  const address = parseAddress(host);
  if (address === undefined && (host === "" || hostnameFault(host) !== undefined)) return known;
  const port = /:(\d+)$/.exec(known)?.[1] ?? defaultPort;
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
