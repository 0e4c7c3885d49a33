// First uses in SQLite, in a file of their own: a credential that was used stays used, whatever becomes of its call, and
// also if the process is killed and started again. None waits for the disk, and those that come together are written
// together: each alone would take longer than all else that is done for a call.
import { chmodSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import type { FirstUse, FirstUses } from "./first-uses.ts";
import { isSqliteUnavailable } from "./sqlite-error.ts";

/** How much longer than needed first uses are kept, for a clock that is set back, in milliseconds. */
const marginMs = 600_000;
/** How often what has expired is removed, in milliseconds, and of how many of the lowest keys. */
const sweepEveryMs = 1000;
const sweptAtOnce = 10_000;
/** How long a statement waits for another process that holds a lock. */
const busyMs = 1000;

const prepareFile = `
  pragma journal_mode = wal;
  create table if not exists first_use (key text primary key, meaning text not null, expires integer not null)
    without rowid;
  drop index if exists first_use_expires;`;
const insert =
  "insert into first_use (key, meaning, expires) values (?, ?, ?) on conflict (key) do nothing";
const find = "select meaning from first_use where key = ?";
// The lowest keys are the oldest ones. An index of their ends would take as long to write as the keys.
const sweepOldest = `delete from first_use where expires <= ? and
  key <= (select max(key) from (select key from first_use order by key limit ${sweptAtOnce}))`;

/** What the file is opened with. */
export interface SqliteFirstUsesOptions {
  /** The clock, in milliseconds since 1970. */
  readonly now?: () => number;
  /** Whether the file is whole after a loss of power; it is unless told otherwise. */
  readonly durable?: boolean;
}

/** First uses, and how to close their file. */
export interface SqliteFirstUses extends FirstUses, Disposable {}

/**
 * Opens the first uses in `file`, which gets mode 0600. While the disk is full or broken, nothing new is remembered
 * beyond the end of the process, so that reads are still answered; changes fail then by themselves.
 */
export function openSqliteFirstUses(
  file: string,
  { now = Date.now, durable = true }: SqliteFirstUsesOptions = {},
): SqliteFirstUses {
  const db = new DatabaseSync(file, { timeout: busyMs });
  chmodSync(file, 0o600);
  // Before the first write, which would wait for the disk.
  db.exec(`pragma synchronous = ${durable ? "normal" : "off"}`);
  db.exec(prepareFile);
  const statements = {
    begin: db.prepare("begin immediate"),
    commit: db.prepare("commit"),
    insert: db.prepare(insert),
    find: db.prepare(find),
    sweep: db.prepare(sweepOldest),
  };
  let sweptAtMs = Number.NEGATIVE_INFINITY;
  const isSweepDue = () => Math.abs(now() - sweptAtMs) >= sweepEveryMs;
  const sweep = () => {
    sweptAtMs = now();
    statements.sweep.run(Math.floor(sweptAtMs - marginMs));
  };
  const lookUp = ({ key, meaning }: Pick<Wish, "key" | "meaning">): FirstUse => {
    const known = statements.find.get(key)?.["meaning"];
    return typeof known === "string" ? { first: false, meaning: known } : { first: true, meaning };
  };
  const bind = ({ key, meaning, expiresAtMs }: Wish): FirstUse => {
    const { changes } = statements.insert.run(key, meaning, Math.ceil(expiresAtMs));
    return changes === 1 ? { first: true, meaning } : lookUp({ key, meaning });
  };
  const bindEach = (wishes: readonly Wish[]) =>
    wishes.map((wish) => ({ answer: wish.answer, use: bind(wish) }));
  const bindAll = (wishes: readonly Wish[]) => {
    // A statement by itself is a transaction, for less than one that is begun and committed.
    const sweeps = isSweepDue();
    if (wishes.length === 1 && !sweeps) return bindEach(wishes);
    statements.begin.run();
    try {
      if (sweeps) sweep();
      const found = bindEach(wishes);
      statements.commit.run();
      return found;
    } finally {
      // After some failures, a full disk for one, SQLite has rolled back already.
      if (db.isTransaction) db.exec("rollback");
    }
  };
  let waiting: Wish[] = [];
  const flush = () => {
    const wishes = waiting;
    waiting = [];
    if (wishes.length > 0) answerAll(wishes, { bindAll, lookUp });
  };
  return {
    bind(key, meaning, expiresAtMs) {
      const answer = Promise.withResolvers<FirstUse>();
      // When the process has read what its peers have sent.
      if (waiting.push({ key, meaning, expiresAtMs, answer }) === 1) setImmediate(flush);
      return answer.promise;
    },
    [Symbol.dispose]() {
      flush();
      db.close();
    },
  };
}

/** What somebody wants to bind. */
interface Wish {
  readonly key: string;
  readonly meaning: string;
  readonly expiresAtMs: number;
  readonly answer: PromiseWithResolvers<FirstUse>;
}

interface Means {
  readonly bindAll: (
    wishes: readonly Wish[],
  ) => readonly { readonly answer: Wish["answer"]; readonly use: FirstUse }[];
  /** What the file knows already, or what would be bound. */
  readonly lookUp: (wish: Wish) => FirstUse;
}

function answerAll(wishes: readonly Wish[], { bindAll, lookUp }: Means): void {
  try {
    for (const { answer, use } of bindAll(wishes)) answer.resolve(use);
  } catch (error) {
    for (const wish of wishes)
      if (isSqliteUnavailable(error)) wish.answer.resolve(remembered(wish, lookUp));
      else wish.answer.reject(error);
  }
}

/** A full disk can be read: what was used before stays used. */
function remembered(wish: Wish, lookUp: Means["lookUp"]): FirstUse {
  try {
    return lookUp(wish);
  } catch {
    return { first: true, meaning: wish.meaning };
  }
}
