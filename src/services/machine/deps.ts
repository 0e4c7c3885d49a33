// What the parts of MachineService are given.
import type { FirmwareStore } from "../../firmware/store.ts";
import type { Store } from "../../store/store.ts";
import type { TimedDeps } from "../deps.ts";

export interface MachineDeps extends TimedDeps {
  /** Follows what is committed. */
  readonly changes: Store["changes"];
  /** The password of the account that machines create on their BMCs; none is created without. */
  readonly superUserPassword?: string;
  /** Where firmware is kept; nowhere without. */
  readonly firmware?: FirmwareStore | undefined;
}
