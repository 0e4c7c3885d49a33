// The steps of a boot from the network, their pace, and where a machine goes on when the simulation starts again.

/** A step, by the event that tells of it. */
export interface Step {
  readonly event: string;
  /** The machine sends the event itself; the server records that of the first step. */
  readonly isSent: boolean;
  readonly message: string;
}

const step = (event: string, message: string): Step => ({ event, isSent: true, message });

/** The steps in their order. */
export const steps: readonly Step[] = [
  { event: "PXE Booting", isSent: false, message: "" },
  step("Preparing", "starting the installer"),
  step("Registering", "start registering"),
  step("Waiting", "waiting for allocation"),
  step("Installing", "start installation"),
  step("Booting New Kernel", "booting into distro kernel"),
];

/** How long each step takes, in milliseconds: a real machine takes about a minute for what takes a second here. */
export const pacesMs: Readonly<Record<string, number>> = {
  "PXE Booting": 500,
  Preparing: 700,
  Registering: 300,
  Installing: 1_000,
  "Booting New Kernel": 700,
};

/** Where a life begins: at a step, in the operating system, or freed and about to be reset by its BMC. */
export interface Entry {
  readonly at: string;
  /** The server knows of the step already. */
  readonly isTold: boolean;
}

const told = (at: string): Entry => ({ at, isTold: true });
const anew: Entry = { at: "PXE Booting", isTold: false };

const entries: Readonly<Record<string, Entry>> = {
  "PXE Booting": { at: "Preparing", isTold: false },
  Preparing: told("Preparing"),
  Registering: told("Registering"),
  Waiting: told("Waiting"),
  Installing: told("Installing"),
  "Booting New Kernel": told("system"),
  "Phoned Home": told("system"),
  "Machine Reclaim": told("reclaimed"),
};

/** Where a machine goes on whose last event was this one; undefined for one that was never heard of. */
export function entryAfter(event: string | undefined, isInstalled: boolean): Entry {
  if (event === "Planned Reboot" && isInstalled) return told("system");
  return entries[event ?? ""] ?? anew;
}
