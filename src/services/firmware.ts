// FirmwareService: proto/metal/v1/firmware.proto made real, on a store of its own beside that of everything else.
import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import { FirmwareSchema, type FirmwareService } from "../../gen/metal/v1/firmware_pb.ts";
import { draftKey } from "../audit/draft.ts";
import { redacted } from "../audit/redact.ts";
import { notFound, precondition } from "../domain/errors.ts";
import { boardName, firmwareName, firmwareText } from "../domain/firmware.ts";
import type { FirmwareStore } from "../firmware/store.ts";
import type { Snapshot } from "../store/store.ts";
import type { Deps } from "./deps.ts";
import { listFirmware } from "./firmware/list.ts";
import { firmwareMessage } from "./firmware/message.ts";
import { firmwareStore } from "./firmware/store.ts";
import { readUpload } from "./firmware/upload.ts";

/** What the service is given. */
export interface FirmwareDeps extends Deps {
  /** Where firmware is kept; nowhere without. */
  readonly firmware?: FirmwareStore | undefined;
  /** The largest firmware that is kept, in bytes. */
  readonly firmwareLimit: number;
}

export function firmwareService({ read, change, firmware, firmwareLimit }: FirmwareDeps) {
  // The record comes first: what cannot be recorded is not done. One of something that failed then is no harm.
  const record = (context: HandlerContext) => change(context, async () => {});
  return {
    list: (request) => listFirmware(read, firmwareStore(firmware), request),
    async upload(requests, context) {
      const store = firmwareStore(firmware);
      const { signal, values } = context;
      const { header, chunks } = await readUpload(requests, { limit: firmwareLimit, signal });
      values.get(draftKey)?.note(() => redacted(FirmwareSchema, header));
      await assertWanted(read, header);
      const sha256 = header.sha256.toLowerCase();
      const accept = () => record(context);
      const upload = { size: Number(header.size), sha256, chunks, accept };
      return { firmware: firmwareMessage(await store.put(firmwareName(header), upload)) };
    },
    async delete(request, context) {
      const store = firmwareStore(firmware);
      const name = firmwareName(request);
      const kept = await store.find(name);
      if (kept === undefined) throw notFound(`no ${firmwareText(name)}`);
      await record(context);
      await store.remove(name);
      return { firmware: firmwareMessage(kept) };
    },
  } satisfies ServiceImpl<typeof FirmwareService>;
}

/** Firmware for a board that no machine has is a mistake in the name. Throws failed_precondition. */
async function assertWanted(
  read: Snapshot,
  header: { readonly vendor: string; readonly board: string },
): Promise<void> {
  const { vendor, board } = boardName(header);
  if ((await read.machineBmc.count({ vendor, board })) > 0) return;
  throw precondition(`no machine has a board "${header.board}" of "${header.vendor}"`);
}
