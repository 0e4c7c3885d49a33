// The method of MachineService that has a BMC install a firmware.
import { create } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import { BmcCommandType, BMCFirmwareSchema } from "../../../gen/metal/v1/bmc_command_pb.ts";
import type {
  Machine,
  MachineService,
  MachineServiceUpdateFirmwareRequest,
} from "../../../gen/metal/v1/machine_pb.ts";
import { found } from "../../domain/entity.ts";
import { notFound } from "../../domain/errors.ts";
import {
  assertUpdatable,
  type FirmwareName,
  firmwareName,
  firmwareNumber,
  firmwareText,
} from "../../domain/firmware.ts";
import type { Snapshot } from "../../store/store.ts";
import { firmwareStore } from "../firmware/store.ts";
import { command, issuerOf } from "./command.ts";
import type { MachineDeps } from "./deps.ts";

type Methods = Pick<ServiceImpl<typeof MachineService>, "updateFirmware">;

export function firmwareMethods({ read, change, firmware }: MachineDeps): Methods {
  return {
    async updateFirmware(request, context) {
      // Outside of the transaction, which must not wait for another system. Sending it looks again.
      const { name } = await wanted(read, request);
      if ((await firmwareStore(firmware).find(name)) === undefined)
        throw notFound(`no ${firmwareText(name)}`);
      return change(context, async (tx) => {
        const { machine, name } = await wanted(tx, request);
        const message = create(BMCFirmwareSchema, { ...name, kind: firmwareNumber(name.kind) });
        const type = BmcCommandType.UPDATE_FIRMWARE;
        const order = { type, issuer: issuerOf(context), firmware: message };
        return { commandId: (await command(tx, machine, order)).id };
      });
    },
  };
}

/** What is to be installed in what. Throws not_found without the machine, failed_precondition if it cannot get it. */
async function wanted(
  from: Pick<Snapshot, "machine" | "machineBmc">,
  { id, kind, revision }: MachineServiceUpdateFirmwareRequest,
): Promise<{ machine: Machine; name: FirmwareName }> {
  const machine = await found(from.machine, "machine", id.toLowerCase());
  const asked = firmwareName({ kind, vendor: "", board: "", revision });
  const board = assertUpdatable(machine, await from.machineBmc.get(machine.id), asked);
  return { machine, name: { ...asked, ...board } };
}
