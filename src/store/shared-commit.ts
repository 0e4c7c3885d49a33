// Transactions that share a commit. A commit waits for the disk, which takes as long for one transaction as for many: so
// those that come while one runs follow it within the same commit, each behind a savepoint of its own. None is answered
// before the commit, and what fails takes back itself alone.
import { setImmediate as turn } from "node:timers/promises";
import type { Engine, Executor } from "./engine.ts";

/**
 * A connection on which transactions run one after the other. It does what it is asked in that order, so that nobody has
 * to wait for a statement to send the next.
 */
export interface WritingConnection {
  readonly db: Executor;
  /** The statements that begin a transaction in which nobody else is in the way. */
  readonly begin: string;
  /** Runs statements. */
  exec(text: string): Promise<void> | void;
  /** Resolves when what was done survives the loss of power. */
  commit(): Promise<void> | void;
  /** Ends what is open, if anything is: after some failures, a full disk for one, there is nothing any more. */
  rollback(): Promise<void> | void;
  /** Whether only the work that failed so is lost, and not all that is open. */
  survives(error: unknown): boolean;
}

/** Lends a connection until `work` ends. */
export type Lend = (work: (connection: WritingConnection) => Promise<void>) => Promise<void>;

/** Runs transactions that share commits. */
export interface SharedCommits {
  readonly transact: Engine["transact"];
  /** Whether there is one to share a commit with. */
  readonly busy: boolean;
}

/**
 * So many transactions share a commit at most, and none joins them after so long, in milliseconds: the first of them
 * waits for all, and so does every other server of the database.
 */
const mostAtOnce = 64;
const longestMs = 200;
/** After so long the process does something else for a moment, in milliseconds. */
const turnMs = 5;

interface Waiting {
  readonly work: (db: Executor) => Promise<unknown>;
  readonly answer: PromiseWithResolvers<unknown>;
}

/** Says how a transaction ended, once it is committed. */
type Settle = () => void;

/** Runs one transaction after the other, in the order in which they were asked for. */
export function sharingCommits(lend: Lend): SharedCommits {
  return new Commits(lend);
}

class Commits implements SharedCommits {
  readonly #lend: Lend;
  #waiting: Waiting[] = [];
  #working = false;
  #turnedMs = Number.NEGATIVE_INFINITY;

  constructor(lend: Lend) {
    this.#lend = lend;
  }

  get busy(): boolean {
    return this.#working;
  }

  readonly transact: Engine["transact"] = (work) => {
    const answer = Promise.withResolvers<unknown>();
    this.#waiting.push({ work, answer });
    if (!this.#working) void this.#workOff();
    // The answer is that of the work, whatever its type.
    return answer.promise as ReturnType<typeof work>;
  };

  async #workOff(): Promise<void> {
    this.#working = true;
    while (this.#waiting.length > 0) {
      await this.#giveTurn();
      await this.#commitSome();
    }
    this.#working = false;
  }

  /** SQLite answers at once: who runs one transaction after the other would keep everybody else waiting. */
  async #giveTurn(): Promise<void> {
    if (performance.now() - this.#turnedMs < turnMs) return;
    await turn();
    this.#turnedMs = performance.now();
  }

  /** Never rejects. What ends the whole transaction of the database fails all that took part in it. */
  async #commitSome(): Promise<void> {
    const members: Waiting[] = [];
    try {
      await this.#lend((connection) => this.#runSome(connection, members));
    } catch (error) {
      // Without a connection nobody has taken part: one is told, so that none waits for ever.
      const failed = members.length > 0 ? members : this.#waiting.splice(0, 1);
      for (const { answer } of failed) answer.reject(error);
    }
  }

  async #runSome(connection: WritingConnection, members: Waiting[]): Promise<void> {
    try {
      const settled = await this.#workOn(connection, members);
      await connection.commit();
      for (const settle of settled) settle();
    } catch (error) {
      await connection.rollback();
      throw error;
    }
  }

  async #workOn(connection: WritingConnection, members: Waiting[]): Promise<Settle[]> {
    const settled: Settle[] = [];
    const begunMs = performance.now();
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      const opening = members.push(next) === 1 ? connection.begin : "release savepoint work";
      settled.push(await attempt(connection, opening, next));
      if (members.length === mostAtOnce || performance.now() - begunMs > longestMs) break;
      await this.#giveTurn();
    }
    return settled;
  }
}

async function attempt(
  connection: WritingConnection,
  opening: string,
  { work, answer }: Waiting,
): Promise<Settle> {
  const opened = connection.exec(`${opening}; savepoint work`);
  const working = work(connection.db);
  await Promise.allSettled([opened, working]);
  // What kept it from beginning is why the work failed.
  await opened;
  try {
    const result = await working;
    return () => answer.resolve(result);
  } catch (error) {
    if (!connection.survives(error)) throw error;
    await connection.exec("rollback to savepoint work");
    return () => answer.reject(error);
  }
}
