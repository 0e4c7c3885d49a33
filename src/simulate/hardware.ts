// What simulated machines and switches say of themselves.
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import {
  type BootServiceRegisterRequest,
  BootServiceRegisterRequestSchema,
} from "../../gen/api/v1/boot_pb.ts";
import { type MachineBMCReport, MachineBMCReportSchema } from "../../gen/metal/v1/machine_pb.ts";
import {
  SwitchPortState,
  type SwitchServiceNotifyRequestSchema,
  type SwitchServiceRegisterRequestSchema,
} from "../../gen/metal/v1/switch_pb.ts";
import { type Place, portName, portsPerSwitch, type Rack } from "./layout.ts";

const gib = 1n << 30n;

/** What both kinds of machines have; a size is made for each. */
export const medium = { cores: 8, memory: 64n * gib, disk: 960n * gib };
/** As above. */
export const large = { cores: 64, memory: 512n * gib, disk: 3_840n * gib };

const hex = (number: number): string => number.toString(16).padStart(2, "0");
/** A hardware address that is not for public use: group 0 ports, 1 BMCs, 2 switches. */
const macOf = (group: number, number: number, part = 0): string =>
  `02:${hex(group)}:${hex(part)}:00:${hex(number >> 8)}:${hex(number & 255)}`;

/** The hardware address of the port that a machine boots from. */
export const bootMac = ({ number }: Place): string => macOf(0, number);

/** Where the BMC of a machine is. */
export const bmcHost = ({ number }: Place): string =>
  `172.${16 + (number >> 16)}.${(number >> 8) & 255}.${number & 255}`;

/** What BIOS and BMC of a machine run. */
export interface Versions {
  readonly bios: string;
  readonly bmc: string;
}

/** What a machine registers with. */
export function registrationOf(place: Place, versions: Versions): BootServiceRegisterRequest {
  const { id, partition, switches, port, number, isLarge } = place;
  const { cores, memory, disk } = isLarge ? large : medium;
  return create(BootServiceRegisterRequestSchema, {
    uuid: id,
    partitionId: partition,
    metalHammerVersion: "simulated",
    hardware: {
      memory,
      cpus: [{ vendor: "Simulated", model: "CPU", cores, threads: cores * 2 }],
      disks: [{ name: "/dev/nvme0n1", size: disk }],
      nics: switches.map((hostname, index) => ({
        mac: macOf(0, number, index),
        name: `eth${index}`,
        neighbors: [{ mac: port, name: port, identifier: port, hostname }],
      })),
    },
    bios: { version: versions.bios, vendor: "Simulated", date: "01/01/2026" },
    ipmi: {
      address: `${bmcHost(place)}:623`,
      mac: macOf(1, number),
      user: "metal",
      password: `bmc of ${id}`,
      interface: "lanplus",
      bmcVersion: versions.bmc,
      powerState: "ON",
      fru: fruOf(place),
    },
  });
}

const fruOf = ({ number, isLarge }: Place) => ({
  boardMfg: "Simulated",
  boardPartNumber: isLarge ? "board-l" : "board-m",
  chassisPartSerial: `chassis-${number}`,
  productManufacturer: "Simulated",
  productPartNumber: isLarge ? "server-l" : "server-m",
  productSerial: `serial-${number}`,
});

/** What the BMC of a machine sees. */
export interface BmcState {
  readonly power: string;
  readonly led: string;
  readonly versions: Versions;
}

/** What the BMC of a machine says. */
export function bmcReportOf(place: Place, { power, led, versions }: BmcState): MachineBMCReport {
  const watts = power === "ON" ? 120 + (place.number % 40) : 4;
  return create(MachineBMCReportSchema, {
    bmcIp: `${bmcHost(place)}:623`,
    biosVersion: versions.bios,
    bmcVersion: versions.bmc,
    powerState: power,
    indicatorLedState: led,
    powerMetric: {
      averageConsumedWatts: watts,
      intervalInMin: 1,
      maxConsumedWatts: watts + 30,
      minConsumedWatts: watts - 4,
    },
    powerSupplies: [{ status: { health: "OK", state: "Enabled" } }],
  });
}

/** What a switch registers with. */
export function switchOf(
  { id: rackId, partition: partitionId }: Rack,
  id: string,
): MessageInitShape<typeof SwitchServiceRegisterRequestSchema> {
  return {
    id,
    name: id,
    rackId,
    partitionId,
    os: { vendor: "SONiC", version: "202411", metalCoreVersion: "simulated" },
    managementIp: "192.0.2.1",
    managementUser: "admin",
    nics: Array.from({ length: portsPerSwitch }, (_, slot) => ({
      mac: macOf(2, slot),
      name: portName(slot),
      identifier: portName(slot),
    })),
  };
}

/** How the ports of a switch are. */
export interface PortView {
  readonly isUp: (port: string) => boolean;
  /** The VRF in which an operating system speaks BGP at the port; undefined if none does. */
  readonly vrfAt: (port: string) => string | undefined;
}

/** What a switch says of itself. */
export function switchStateOf(
  id: string,
  { isUp, vrfAt }: PortView,
): MessageInitShape<typeof SwitchServiceNotifyRequestSchema> {
  const { UP, DOWN } = SwitchPortState;
  const ports = Array.from({ length: portsPerSwitch }, (_, slot) => portName(slot));
  const states = ports.map((port) => [port, isUp(port) ? UP : DOWN] as const);
  const sessions = ports.flatMap((port) => {
    const vrfName = vrfAt(port);
    if (vrfName === undefined) return [];
    const peerGroup = vrfName === "default" ? "FIREWALL" : "MACHINE";
    return [[port, { neighbor: port, peerGroup, vrfName, bgpState: "Established" }] as const];
  });
  return {
    id,
    syncDuration: { seconds: 0n, nanos: 200_000_000 },
    portStates: Object.fromEntries(states),
    bgpPortStates: Object.fromEntries(sessions),
  };
}
