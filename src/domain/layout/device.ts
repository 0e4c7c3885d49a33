// The devices of a layout: each comes from one place and is used in at most one.
import type { Report } from "../fault.ts";

interface Device {
  readonly source: string;
  user?: string;
}

/** Follows devices through a layout and reports what cannot be. */
export class Devices {
  readonly #known = new Map<string, Device>();
  readonly #report: Report;

  constructor(report: Report) {
    this.#report = report;
  }

  /** The place `path` of the layout makes `device` available. Reports if another place does so too. */
  provide(device: string, path: string): void {
    const known = this.#known.get(device);
    if (known === undefined) this.#known.set(device, { source: path });
    else this.#report(path, `device "${device}" comes from ${known.source} already`);
  }

  /** The place `path` of the layout uses up `device`. Reports if it is not there, or another place uses it too. */
  use(device: string, path: string): void {
    const known = this.#known.get(device);
    if (known === undefined)
      return this.#report(path, `no device "${device}" comes from disks, raid or logical_volumes`);
    if (known.user !== undefined)
      return this.#report(path, `device "${device}" is used by ${known.user} already`);
    known.user = path;
  }
}

/** Reports the arguments of a program that were not split at their blanks. */
export function checkOptions(options: readonly string[], path: string, report: Report): void {
  for (const [index, option] of options.entries())
    if (/\s/.test(option))
      report(`${path}[${index}]`, `"${option}" has blanks; write each argument as one entry`);
}
