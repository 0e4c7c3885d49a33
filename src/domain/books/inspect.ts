// Whether the books balance: looks at everything there is, one thing at a time. What looks wrong is looked at again in a
// transaction, because the server goes on working meanwhile; only what is wrong there is found.
import type { Snapshot } from "../../store/store.ts";
import { allocationChecks } from "./allocation.ts";
import { commandChecks } from "./command.ts";
import { numberChecks } from "./number.ts";
import { ownershipChecks } from "./ownership.ts";
import { prefixChecks } from "./prefix.ts";
import type { Check } from "./check.ts";

/** Something that is not as it must be. */
export interface Finding {
  /** The check that found it. */
  readonly check: string;
  /** What it is about: a kind and an id. */
  readonly subject: string;
  /** What is wrong. */
  readonly fault: string;
}

/** Every check, in the order in which they are made. */
export const checks: readonly Check[] = [
  ...prefixChecks,
  ...numberChecks,
  ...ownershipChecks,
  ...allocationChecks,
  ...commandChecks,
];

/** What is looked at. */
export interface Books {
  /** What is committed, which may change between two reads. */
  readonly read: Snapshot;
  /** Runs `work` on what is committed at one moment. */
  readonly settle: <R>(work: (read: Snapshot) => Promise<R>) => Promise<R>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Everything that is wrong, as it is found. Holds one page of one kind at a time, and numbers that are in use. */
export async function* inspect({ read, settle, now }: Books): AsyncGenerator<Finding> {
  for (const { name, units } of checks)
    for await (const { subject, faults } of units(read)) {
      const suspected = await faults(read, now());
      if (suspected.length === 0) continue;
      for (const fault of await settle((snapshot) => faults(snapshot, now())))
        yield { check: name, subject, fault };
    }
}
