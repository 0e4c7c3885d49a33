// Where firmware is kept: in a bucket if one is configured, else in a folder.
import { join } from "node:path";
import { precondition } from "../domain/errors.ts";
import { type FirmwareFolder, openFirmwareFolder } from "./folder.ts";
import { openS3Firmware, type S3Settings } from "./s3.ts";
import type { FirmwareStore } from "./store.ts";

/** What decides about the place. */
export interface FirmwarePlace {
  readonly s3: S3Settings | undefined;
  /** Of use without a bucket. */
  readonly folder: string;
  /** As it is configured; undefined if it is not. */
  readonly publicUrl: string | undefined;
  /** Where the server listens; undefined as long as it does not. */
  readonly listening: () => string | undefined;
}

/** The folder for firmware in a data folder. */
export const firmwareFolder = (data: string): string => join(data, "firmware");

/** Opens the store. Rejects if the folder cannot be made. */
export async function openFirmware(place: FirmwarePlace): Promise<FirmwareStore | FirmwareFolder> {
  const { s3, folder, publicUrl, listening } = place;
  if (s3 !== undefined) return openS3Firmware(s3);
  return openFirmwareFolder({ folder, baseUrl: () => publicUrl ?? reachable(listening()) });
}

/** Hosts that stand for every address of a machine, as URLs have them. */
const anyAddress: ReadonlySet<string> = new Set(["0.0.0.0", "[::]"]);

/** The URL, if somebody else could use it. Throws failed_precondition. */
function reachable(url: string | undefined): string {
  if (url !== undefined && !anyAddress.has(new URL(url).hostname)) return url;
  throw precondition("where BMCs reach this server is not known: set public-url");
}
