// What every engine must do, as store.ts states it. A test of an engine calls this suite and adds what is its own.
import { afterEach, beforeEach, describe } from "@jest/globals";
import type { StoreOptions } from "../../src/store/sql.ts";
import type { Store } from "../../src/store/store.ts";
import { auditContract } from "./contract-audit.ts";
import { blockContract } from "./contract-block.ts";
import { changeContract } from "./contract-change.ts";
import { entityContract } from "./contract-entity.ts";
import { listContract } from "./contract-list.ts";
import { numberContract } from "./contract-number.ts";
import { peekContract } from "./contract-peek.ts";
import { prefixContract, tallyContract } from "./contract-prefix.ts";
import { sealContract } from "./contract-seal.ts";
import { transactionContract } from "./contract-transaction.ts";

/** Opens an empty store. */
export type Open = (options?: StoreOptions) => Promise<Store>;

/** What the parts of the suite are given: a fresh store for each test, and its clock. */
export interface Opened {
  readonly store: Store;
  readonly clock: { ms: number };
}

const parts = {
  entities: entityContract,
  lists: listContract,
  looks: peekContract,
  transactions: transactionContract,
  audit: auditContract,
  seals: sealContract,
  numbers: numberContract,
  blocks: blockContract,
  prefixes: prefixContract,
  tallies: tallyContract,
  changes: changeContract,
};

/** Proves the contract for an engine; `open` must open an empty store. */
export function storeContract(name: string, open: Open): void {
  describe(name, () => {
    for (const [part, contract] of Object.entries(parts))
      describe(part, () => using(open, contract));
  });
}

function using(open: Open, contract: (opened: () => Opened) => void): void {
  let opened: Opened;
  beforeEach(async () => {
    const clock = { ms: Date.parse("2026-01-15T10:00:00.123Z") };
    opened = { clock, store: await open({ now: () => clock.ms }) };
  });
  afterEach(() => opened.store.close());
  contract(() => opened);
}
