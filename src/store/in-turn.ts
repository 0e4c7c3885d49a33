// Transactions that wait for each other in this process.
import type { Engine } from "./engine.ts";

/**
 * Lets one transaction run after the other, in the order in which they were asked for. Kysely would do so too on a
 * single connection, but it wakes all that wait at the end of each.
 */
export function inTurn(transact: Engine["transact"]): Engine["transact"] {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const turn = last.then(() => transact(work));
    last = turn.catch(() => undefined);
    return turn;
  };
}
