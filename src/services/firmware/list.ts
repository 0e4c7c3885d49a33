// Lists of firmware: the names come from the store, and what else is known only of those that are shown.
import type { MachineBMCRecord } from "../../../gen/metal/store/v1/machine_pb.ts";
import type { FirmwareServiceListRequest } from "../../../gen/metal/v1/firmware_pb.ts";
import type { Machine } from "../../../gen/metal/v1/machine_pb.ts";
import { found } from "../../domain/entity.ts";
import {
  boardName,
  boardOf,
  type FirmwareName,
  firmwareWord,
  installedRevision,
} from "../../domain/firmware.ts";
import { ascending } from "../../domain/order.ts";
import { pageOf } from "../../domain/page.ts";
import type { FirmwareStore } from "../../firmware/store.ts";
import type { Snapshot } from "../../store/store.ts";
import { firmwareMessage } from "./message.ts";

type Request = FirmwareServiceListRequest;

/** A machine, and what is known of its BMC. */
interface Asked {
  readonly machine: Machine;
  readonly record: MachineBMCRecord | undefined;
}

/** The page that is asked for. Throws not_found if there is no such machine. */
export async function listFirmware(read: Snapshot, store: FirmwareStore, request: Request) {
  const asked = request.machineId === "" ? undefined : await askedMachine(read, request.machineId);
  const fits = filterOf(request, asked);
  const { items, nextPageToken } = await pageOf(request, {
    filter: { ...request, pageSize: 0, pageToken: "" },
    key: keyOf,
    fetch: async (after, limit) => {
      const names = (await store.names()).filter((name) => fits(name) && keyOf(name) > after);
      return names.toSorted((a, b) => ascending(keyOf(a), keyOf(b))).slice(0, limit);
    },
  });
  const kept = await Promise.all(items.map((name) => store.find(name)));
  const firmwares = kept.flatMap((one) =>
    one === undefined ? [] : [firmwareMessage(one, isInstalled(one.name, asked))],
  );
  return { firmwares, nextPageToken };
}

async function askedMachine(read: Snapshot, id: string): Promise<Asked> {
  const machine = await found(read.machine, "machine", id.toLowerCase());
  return { machine, record: await read.machineBmc.get(machine.id) };
}

/** Orders by one part after the other: no part has a character as low. */
const keyOf = ({ kind, vendor, board, revision }: FirmwareName): string =>
  [kind, vendor, board, revision].join("\0");

function filterOf(request: Request, asked: Asked | undefined): (name: FirmwareName) => boolean {
  const kind = firmwareWord(request.kind);
  const wanted = boardName(request);
  const own = boardOf(asked?.record);
  return (name) =>
    (kind === undefined || name.kind === kind) &&
    (wanted.vendor === "" || name.vendor === wanted.vendor) &&
    (wanted.board === "" || name.board === wanted.board) &&
    (asked === undefined || (name.vendor === own?.vendor && name.board === own.board));
}

function isInstalled({ kind, revision }: FirmwareName, asked: Asked | undefined): boolean {
  return asked !== undefined && installedRevision(kind, asked.machine, asked.record) === revision;
}
