// The store for firmware, which need not be there.
import { precondition } from "../../domain/errors.ts";
import type { FirmwareStore } from "../../firmware/store.ts";

/** The store, if there is one. Throws failed_precondition. */
export function firmwareStore(store: FirmwareStore | undefined): FirmwareStore {
  if (store !== undefined) return store;
  throw precondition("no store for firmware is configured: set data or firmware-s3-endpoint");
}
