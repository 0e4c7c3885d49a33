// The contract of the store for firmware: what every place to keep it must do.
import type { FirmwareName } from "../domain/firmware.ts";

/** A firmware that is kept. */
export interface KeptFirmware {
  readonly name: FirmwareName;
  /** In bytes. */
  readonly size: number;
  /** In hexadecimal, lower case; empty if nobody said it when it was put there. */
  readonly sha256: string;
  readonly created: Date;
}

/** A firmware on its way into the store, and what was announced of it. */
export interface Upload {
  readonly size: number;
  /** In hexadecimal, lower case. */
  readonly sha256: string;
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Called once, when all of it came and is what was announced, before anybody sees it. What it throws ends the upload. */
  readonly accept?: () => Promise<void>;
}

/** Where firmware is kept. All of it rejects with unavailable if the place does not answer. */
export interface FirmwareStore {
  /** The names of everything that is kept, in no order. */
  names(): Promise<FirmwareName[]>;
  /** What is kept under a name; undefined if nothing is, or nothing can be. */
  find(name: FirmwareName): Promise<KeptFirmware | undefined>;
  /**
   * Keeps what is uploaded, in place of what was kept under the name. It is seen by nobody before all of it is there and
   * is what was announced; else this rejects with invalid_argument and what was kept before stays.
   */
  put(name: FirmwareName, upload: Upload): Promise<KeptFirmware>;
  /** Keeps it no longer. Nothing happens if it is not kept. */
  remove(name: FirmwareName): Promise<void>;
  /** Where it can be loaded from, without further credentials, for so many seconds. */
  url(name: FirmwareName, seconds: number): Promise<string>;
}
