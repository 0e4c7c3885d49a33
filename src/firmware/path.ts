// Names of firmware as paths, which are the same in every store.
import { firmwareKinds, type FirmwareName, isFirmwareName } from "../domain/firmware.ts";

/** "kind/vendor/board/revision". Throws for a name that cannot be, which requests are checked for before. */
export function pathOf(name: FirmwareName): string {
  const { kind, vendor, board, revision } = name;
  const path = [kind, vendor, board, revision].join("/");
  if (!isFirmwareName(name)) throw new Error(`${JSON.stringify(path)} names no firmware`);
  return path;
}

/** The name that a path stands for; undefined if it stands for none, because something else lies there. */
export function nameOf(path: string): FirmwareName | undefined {
  const [first, vendor = "", board = "", revision = "", ...rest] = path.split("/");
  const kind = firmwareKinds.find((word) => word === first);
  if (kind === undefined || rest.length > 0) return undefined;
  const name = { kind, vendor, board, revision };
  return isFirmwareName(name) ? name : undefined;
}
