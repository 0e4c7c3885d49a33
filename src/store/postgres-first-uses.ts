// First uses in PostgreSQL. They are not part of transactions: a credential that was used stays used, whatever becomes
// of its call. Time is that of the database, so that servers whose clocks differ forget and ask by one clock.
import type { FirstUse, FirstUses } from "./first-uses.ts";
import type { SessionPool } from "./postgres-pool.ts";

/** How much longer than needed first uses are kept, for servers whose clocks are late, in milliseconds. */
const marginMs = 120_000;
/** How often one server removes what has expired, in milliseconds, and how many rows at once. */
const defaultSweepEveryMs = 30_000;
const sweptAtOnce = 10_000;

const oldest = `(extract(epoch from clock_timestamp()) * 1000)::bigint - ${marginMs}`;
const insert = `insert into first_use (key, meaning, expires)
  select $1, $2, $3::bigint where $3::bigint > ${oldest} on conflict (key) do nothing`;
const find = "select meaning from first_use where key = $1";
// Another server may be at it: what it has locked is being removed.
const sweep = `delete from first_use where key in (
  select key from first_use where expires <= ${oldest}
  order by expires limit ${sweptAtOnce} for update skip locked)`;

/** First uses, and how to wait for what goes on in the background. */
export interface PostgresFirstUses extends FirstUses {
  settled(): Promise<void>;
}

/** First uses on sessions that commit by themselves. */
export function createPostgresFirstUses(
  pool: SessionPool,
  sweepEveryMs = defaultSweepEveryMs,
): PostgresFirstUses {
  let sweptAtMs = performance.now();
  let sweeping = Promise.resolve();
  const sweepSometimes = () => {
    if (performance.now() - sweptAtMs < sweepEveryMs) return;
    sweptAtMs = performance.now();
    // If it fails, the next one has more to remove.
    sweeping = pool.use((session) => session.query(sweep)).then(ignore, ignore);
  };
  return {
    bind: async (key, meaning, expiresAtMs) => {
      sweepSometimes();
      return pool.use(async (session): Promise<FirstUse | undefined> => {
        const bound = await session.query(insert, [key, meaning, Math.ceil(expiresAtMs)]);
        if (bound.rowCount === 1) return { first: true, meaning };
        const { rows } = await session.query<{ meaning: string }>(find, [key]);
        return rows[0] && { first: false, meaning: rows[0].meaning };
      });
    },
    settled: () => sweeping,
  };
}

const ignore = () => undefined;
