// Where BMCs load firmware from.
import type { BMCFirmware } from "../../../gen/metal/v1/bmc_command_pb.ts";
import { notFound } from "../../domain/errors.ts";
import { firmwareName, firmwareText } from "../../domain/firmware.ts";
import type { FirmwareStore } from "../../firmware/store.ts";
import { firmwareStore } from "./store.ts";

/** BMCs are slow, and firmware is large: how long it can be loaded, in seconds. */
const urlSeconds = 2 * 60 * 60;

/** Makes URLs. They throw not_found for a firmware that is not kept any more, failed_precondition without a store. */
export function createFirmwareUrl(
  firmware: FirmwareStore | undefined,
): (wanted: BMCFirmware) => Promise<string> {
  return async (wanted) => {
    const store = firmwareStore(firmware);
    const name = firmwareName(wanted);
    if ((await store.find(name)) === undefined) throw notFound(`no ${firmwareText(name)}`);
    return store.url(name, urlSeconds);
  };
}
