// Transactions on PostgreSQL, serializable ones. The first attempt runs beside others, and the database refuses it if
// they could not have run one after the other. What was refused runs again, alone: so a conflict costs one more
// attempt, however many there are in conflict, and no work starves. Those that are alone at the same time share a commit,
// and whoever comes then joins them, instead of waiting for the end of it.
import { setTimeout as pause } from "node:timers/promises";
import type { Engine, Executor } from "./engine.ts";
import { isConflict } from "./postgres-error.ts";
import type { Session, SessionPool } from "./postgres-pool.ts";
import { sharingCommits, type WritingConnection } from "./shared-commit.ts";

/**
 * Begins a transaction, which may write, as nothing else may on its session: its queries follow without waiting for it,
 * and have no effect if it does not begin. The lock is taken before the first of them, because only from then on the
 * transaction has an image of the data: one that waited for the lock sees what those before it have done. PostgreSQL lets
 * those that wait for a lock have it in the order in which they came.
 */
const begin = {
  besideOthers: "begin isolation level serializable, read write; lock table turn in row share mode",
  alone: "begin isolation level serializable, read write; lock table turn in exclusive mode",
} as const;

type Mode = keyof typeof begin;

/** Only what does not take the lock, a migration for one, can be in conflict with an attempt that runs alone. */
const attempts = 5;
/** For so long after a conflict the next one is expected: attempts beside others would be in vain. In milliseconds. */
const contendedMs = 1_000;
/** The longest pause before an attempt, in milliseconds. */
const longestPauseMs = 20;

/** The session ended before anybody asked for a commit: nothing has happened. */
class InterruptedError extends Error {
  override readonly name = "InterruptedError";
}

/**
 * Transactions on sessions of `pool`. They run `work` again after a conflict, and once if a session ends before the
 * commit, as it may when the database has been started again; and reject with what the last attempt did.
 */
export function createTransact(pool: SessionPool): Engine["transact"] {
  const besideOthers: Engine["transact"] = async (work) => {
    const done = await pool.use(async (session) =>
      isContended() ? undefined : { result: await attemptOn(session, work) },
    );
    // Others have met while this waited for a session.
    return done === undefined ? alone.transact(work) : done.result;
  };
  // Those of this process wait for each other here. A server that is stopped then has asked for the lock once at most,
  // and keeps others waiting once.
  const alone = sharingCommits((work) => pool.use((session) => lend(session, work)));
  const modes = { besideOthers, alone: alone.transact };
  let conflictMs = Number.NEGATIVE_INFINITY;
  const isContended = () => alone.busy || performance.now() - conflictMs < contendedMs;
  return async (work) => {
    let mode: Mode = isContended() ? "alone" : "besideOthers";
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await modes[mode](work);
      } catch (error) {
        if (isConflict(error)) conflictMs = performance.now();
        const next = attempt < attempts ? modeAfter(error, attempt) : undefined;
        if (next === undefined) throw error instanceof InterruptedError ? error.cause : error;
        mode = next;
      }
      if (attempt > 1) await pause(Math.random() * longestPauseMs);
    }
  };
}

/** How to try again after an attempt that failed; undefined if not at all. */
function modeAfter(error: unknown, attempt: number): Mode | undefined {
  if (isConflict(error)) return "alone";
  return error instanceof InterruptedError && attempt === 1 ? "besideOthers" : undefined;
}

/** Lends a session to transactions that run alone, one after the other. */
async function lend(
  session: Session,
  work: (connection: WritingConnection) => Promise<void>,
): Promise<void> {
  let asked = false;
  try {
    await work({
      db: session,
      begin: begin.alone,
      exec: async (text) => void (await session.query(text)),
      commit: () => {
        asked = true;
        return commit(session);
      },
      rollback: () => rollBack(session),
      survives: (error) => !session.isBroken && !isConflict(error),
    });
  } catch (error) {
    if (session.isBroken && !asked) throw new InterruptedError("interrupted", { cause: error });
    throw error;
  }
}

async function attemptOn<R>(session: Session, work: (db: Executor) => Promise<R>): Promise<R> {
  let asked = false;
  try {
    const begun = session.query(begin.besideOthers);
    const working = work(session);
    await Promise.allSettled([begun, working]);
    // What kept it from beginning is why the work failed.
    await begun;
    const result = await working;
    asked = true;
    await commit(session);
    return result;
  } catch (error) {
    if (session.isBroken && !asked) throw new InterruptedError("interrupted", { cause: error });
    await rollBack(session);
    throw error;
  }
}

/** A transaction in which a statement failed is rolled back, even if one commits it. */
async function commit(session: Session): Promise<void> {
  const { command } = await session.query("commit");
  if (command !== "COMMIT") throw new Error("the transaction was not committed");
}

/** What made the transaction fail counts, not what makes its end fail: the server rolls back without us as well. */
async function rollBack(session: Session): Promise<void> {
  if (session.isBroken) return;
  try {
    await session.query("rollback");
  } catch {
    session.abandon();
  }
}
