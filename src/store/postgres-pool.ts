// Sessions on PostgreSQL. Everything that can happen to a connection ends here: what uses a session sees its own result
// or one error, and the next one gets a session that works.
import type { CompiledQuery, QueryResult } from "kysely";
import pg, { type PoolClient, type QueryResult as PgResult } from "pg";
import type { Executor } from "./engine.ts";
import { ConnectionLostError, endsSession } from "./postgres-error.ts";

/** What a pool is for. */
export interface PoolOptions {
  /** postgres://USER:PASSWORD@HOST:PORT/DATABASE?OPTIONS */
  readonly url: string;
  /** How many sessions at most. */
  readonly size: number;
  /** SQL that every session begins with. */
  readonly setup: string;
  /** How long a statement may take before the connection counts as lost, in milliseconds; without, for ever. */
  readonly answerMs?: number;
  /** After how long without work a session ends, in milliseconds. */
  readonly sessionIdleMs?: number;
}

/** What sessions are called in pg_stat_activity, unless the URL says otherwise. */
export const applicationName = "metal-connect";

/** How long to wait for a connection, be it that it is being made or that all are in use. */
const connectMs = 5_000;
const idleMs = 30_000;
/** No session is older, in seconds: where the address leads may have changed. */
const lifetimeSeconds = 300;

/** The type of 64-bit integers in PostgreSQL's catalogue. */
const int8 = 20;

/** A pool as pg has it. It must be ended. */
export function createPool(options: Omit<PoolOptions, "setup">): pg.Pool {
  const { url, size, answerMs, sessionIdleMs = idleMs } = options;
  const pool = new pg.Pool({
    connectionString: url,
    max: size,
    connectionTimeoutMillis: connectMs,
    idleTimeoutMillis: sessionIdleMs,
    maxLifetimeSeconds: lifetimeSeconds,
    allowExitOnIdle: true,
    keepAlive: true,
    fallback_application_name: applicationName,
    ...(answerMs !== undefined && { query_timeout: answerMs }),
    types: { getTypeParser },
  });
  // A connection may end at any time; whoever uses it then learns of it from its statement.
  pool.on("error", () => {});
  pool.on("connect", (client) => client.on("error", () => {}));
  return pool;
}

const getTypeParser: typeof pg.types.getTypeParser = (id: number, format?: "text" | "binary") =>
  id === int8 ? Number : pg.types.getTypeParser(id, format);

/** A pool of sessions. */
export class SessionPool implements Executor {
  readonly #pool: pg.Pool;
  readonly #setup: string;
  readonly #ready = new WeakSet<PoolClient>();

  constructor(options: PoolOptions) {
    this.#setup = options.setup;
    this.#pool = createPool(options);
  }

  /** Runs one statement, on a session of its own. */
  executeQuery<R>(query: CompiledQuery<R>): Promise<QueryResult<R>> {
    return this.use((session) => session.executeQuery(query));
  }

  /** Lends a session until `work` ends. */
  async use<R>(work: (session: Session) => Promise<R>): Promise<R> {
    const client = await this.#connect();
    const session = new Session(client);
    try {
      await this.#prepare(client, session);
      return await work(session);
    } finally {
      client.release(session.isBroken);
    }
  }

  /** All sessions must have been given back. */
  close(): Promise<void> {
    return this.#pool.end();
  }

  async #connect(): Promise<PoolClient> {
    try {
      return await this.#pool.connect();
    } catch (error) {
      throw error instanceof pg.DatabaseError ? error : new ConnectionLostError(error);
    }
  }

  async #prepare(client: PoolClient, session: Session): Promise<void> {
    if (this.#ready.has(client)) return;
    await session.query(this.#setup);
    this.#ready.add(client);
  }
}

/** A connection, for as long as it is lent. */
export class Session implements Executor {
  readonly #client: PoolClient;
  #last: Promise<unknown> = Promise.resolve();
  #broken = false;

  constructor(client: PoolClient) {
    this.#client = client;
  }

  /** Whether nobody should use the connection again. */
  get isBroken(): boolean {
    return this.#broken;
  }

  /** Gives up the connection: its server will roll back what is not committed. */
  abandon(): void {
    this.#broken = true;
  }

  async executeQuery<R>({ sql, parameters }: CompiledQuery<R>): Promise<QueryResult<R>> {
    const { rows, rowCount } = await this.query(sql, parameters);
    // Kysely has derived the type of the rows from the schema.
    return { rows: rows as R[], numAffectedRows: BigInt(rowCount ?? 0) };
  }

  /** Runs one statement after the other, as the protocol has it. Without values, the text may be several. */
  query<R extends object>(text: string, values?: readonly unknown[]): Promise<PgResult<R>> {
    const result = this.#last.then(() => this.#send<R>(text, values));
    this.#last = result.catch(() => undefined);
    return result;
  }

  async #send<R extends object>(text: string, values?: readonly unknown[]): Promise<PgResult<R>> {
    try {
      return await this.#client.query<R>(text, values && [...values]);
    } catch (error) {
      this.#broken ||= endsSession(error);
      throw error instanceof pg.DatabaseError ? error : new ConnectionLostError(error);
    }
  }
}
