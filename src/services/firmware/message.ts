// Firmware as it is shown.
import { create } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { type Firmware, FirmwareSchema } from "../../../gen/metal/v1/firmware_pb.ts";
import { firmwareNumber } from "../../domain/firmware.ts";
import type { KeptFirmware } from "../../firmware/store.ts";

/** A firmware that is kept; `installed` says whether the machine that was asked about has it. */
export function firmwareMessage(kept: KeptFirmware, installed = false): Firmware {
  const { name, size, sha256, created } = kept;
  return create(FirmwareSchema, {
    ...name,
    kind: firmwareNumber(name.kind),
    size: BigInt(size),
    sha256,
    created: timestampFromDate(created),
    installed,
  });
}
