// Transactions that share a commit. A commit waits for the disk, which takes as long for one transaction as for many: so
// those that come while one runs follow it within the same commit, each behind a savepoint of its own. None is answered
// before the commit, and what fails takes back itself alone.
import { setImmediate as turn } from "node:timers/promises";
import type { Engine, Executor } from "./engine.ts";

/** The only connection of a database that writes. */
export interface WritingConnection {
  readonly db: Executor;
  /** Runs a statement. */
  exec(sql: string): void;
  /** Whether a transaction is open: after some failures, a full disk for one, there is none any more. */
  readonly isTransaction: boolean;
}

/** So many transactions share a commit at most, so that the first of them does not wait for ever. */
const mostAtOnce = 64;
/** After so long the process does something else for a moment, in milliseconds. */
const turnMs = 5;

interface Waiting {
  readonly work: (db: Executor) => Promise<unknown>;
  readonly answer: PromiseWithResolvers<unknown>;
}

/** Says how a transaction ended, once it is committed. */
type Settle = () => void;

/** Runs one transaction after the other, in the order in which they were asked for. */
export function sharingCommits(connection: WritingConnection): Engine["transact"] {
  const commits = new Commits(connection);
  // The answer is that of the work, whatever its type.
  return (work) => commits.add(work) as ReturnType<typeof work>;
}

class Commits {
  readonly #connection: WritingConnection;
  #waiting: Waiting[] = [];
  #working = false;

  constructor(connection: WritingConnection) {
    this.#connection = connection;
  }

  add(work: Waiting["work"]): Promise<unknown> {
    const answer = Promise.withResolvers<unknown>();
    this.#waiting.push({ work, answer });
    if (!this.#working) void this.#workOff();
    return answer.promise;
  }

  async #workOff(): Promise<void> {
    this.#working = true;
    while (this.#waiting.length > 0) await this.#commitSome();
    this.#working = false;
  }

  /** Never rejects. What ends the whole transaction of the database fails all that took part in it. */
  async #commitSome(): Promise<void> {
    const members: Waiting[] = [];
    try {
      const settled = await this.#runSome(members);
      for (const settle of settled) settle();
    } catch (error) {
      if (this.#connection.isTransaction) this.#connection.exec("rollback");
      for (const { answer } of members) answer.reject(error);
    }
  }

  async #runSome(members: Waiting[]): Promise<Settle[]> {
    const settled: Settle[] = [];
    let turnedMs = performance.now();
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      if (members.push(next) === 1) this.#connection.exec("begin immediate");
      settled.push(await this.#attempt(next));
      if (members.length === mostAtOnce) break;
      if (performance.now() - turnedMs < turnMs) continue;
      await turn();
      turnedMs = performance.now();
    }
    this.#connection.exec("commit");
    return settled;
  }

  async #attempt({ work, answer }: Waiting): Promise<Settle> {
    const { db } = this.#connection;
    this.#connection.exec("savepoint work");
    try {
      const result = await work(db);
      this.#connection.exec("release work");
      return () => answer.resolve(result);
    } catch (error) {
      if (!this.#connection.isTransaction) throw error;
      this.#connection.exec("rollback to work");
      this.#connection.exec("release work");
      return () => answer.reject(error);
    }
  }
}
