// What a PostgreSQL server must be like to keep the store.
import type { SessionPool } from "./postgres-pool.ts";

/** The oldest version that is looked after (https://www.postgresql.org/support/versioning/). */
const oldestMajor = 15;

/** What is wrong with a standby, for whoever names it, and for every session that is led there. */
export const standbyFault = "it only reads, as a standby does: name the primary";

/** What a server says about itself, in its own words. */
export interface ServerFacts {
  /** "180004" for 18.4. */
  readonly server_version_num: string;
  readonly server_encoding: string;
  readonly fsync: string;
  readonly full_page_writes: string;
  readonly in_recovery: string;
}

/** Throws, saying why and what to do, if the server is not fit to keep the store. */
export async function assertServer(pool: SessionPool, durability: "full" | "off"): Promise<void> {
  const { rows } = await pool.use((session) => session.query<ServerFacts>(question));
  const [fault] = rows.flatMap((facts) => faultsOf(facts, durability));
  if (fault !== undefined) throw new Error(fault);
}

const settings = ["server_version_num", "server_encoding", "fsync", "full_page_writes"] as const;
const question = `select ${settings.map((name) => `current_setting('${name}') as ${name}`).join(", ")},
  pg_is_in_recovery()::text as in_recovery`;

/** Why a server cannot keep the store, each with a remedy. */
export function faultsOf(facts: ServerFacts, durability: "full" | "off"): string[] {
  const version = Number(facts.server_version_num);
  const faults: readonly (readonly [boolean, string])[] = [
    [
      !(version >= oldestMajor * 10_000),
      `it is PostgreSQL ${Math.floor(version / 10_000)}: use ${oldestMajor} or newer`,
    ],
    [
      facts.server_encoding !== "UTF8",
      `its encoding is ${facts.server_encoding}: create the database with encoding UTF8`,
    ],
    [facts.in_recovery !== "false", standbyFault],
    [
      durability === "full" && (facts.fsync !== "on" || facts.full_page_writes !== "on"),
      "it does not wait for the disk: set fsync and full_page_writes to on",
    ],
  ];
  return faults.filter(([wrong]) => wrong).map(([, text]) => text);
}
