// Who else works on a PostgreSQL database.
import pg from "pg";
import { applicationName } from "./postgres-pool.ts";

const question = `select count(*)::integer as servers from pg_stat_activity
  where datname = current_database() and application_name = $1 and pid <> pg_backend_pid()`;

/**
 * How many sessions of servers there are at the moment. Sessions that give themselves another name, as a URL with
 * application_name does, are not counted.
 */
export async function countServers(url: string): Promise<number> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on("error", () => {});
  await client.connect();
  try {
    const { rows } = await client.query<{ servers: number }>(question, [applicationName]);
    return rows[0]?.servers ?? 0;
  } finally {
    await client.end();
  }
}
