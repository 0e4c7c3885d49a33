// Hardware as metal-hammer tells it, in the form in which it is kept.
import { create } from "@bufbuild/protobuf";
import type {
  MachineHardware as SentHardware,
  MachineNic as SentNic,
} from "../../../gen/api/v1/boot_pb.ts";
import {
  type MachineHardware,
  MachineHardwareSchema,
  type MachineNic,
  MachineNicSchema,
} from "../../../gen/metal/v1/machine_pb.ts";

/** What is kept of a machine's hardware; of what its ports see, one level. */
export function keptHardware({ memory, disks, nics, cpus, gpus }: SentHardware): MachineHardware {
  return create(MachineHardwareSchema, {
    memory,
    cpuCores: cpus.reduce((sum, { cores }) => sum + cores, 0),
    cpus: cpus.map(({ vendor, model, cores, threads }) => ({ vendor, model, cores, threads })),
    gpus: gpus.map(({ vendor, model }) => ({ vendor, model })),
    disks: disks.map(({ name, size }) => ({ name, size })),
    nics: nics.map((nic) => ({ ...nicOf(nic), neighbors: nic.neighbors.map(nicOf) })),
  });
}

function nicOf({ mac, name, identifier, hostname }: SentNic): MachineNic {
  return create(MachineNicSchema, { mac, name, identifier, hostname });
}
