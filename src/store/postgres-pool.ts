// Sessions on PostgreSQL. Everything that can happen to a connection ends here: what uses a session sees its own result
// or one error, and the next one gets a session that works.
import type { CompiledQuery, QueryResult } from "kysely";
import pg, { type PoolClient, type QueryConfig, type QueryResult as PgResult } from "pg";
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
    // What follows a statement need not wait for its answer to be sent.
    pipeline: true,
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
  readonly #names = new StatementNames();

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
    const session = new Session(client, this.#names);
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
  readonly #names: StatementNames;
  #broken = false;
  #held = false;

  constructor(client: PoolClient, names: StatementNames) {
    this.#client = client;
    this.#names = names;
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
    const name = this.#names.of(sql);
    const config = { text: sql, values: [...parameters], ...(name !== undefined && { name }) };
    const { rows, rowCount } = await this.#send(config);
    // Kysely has derived the type of the rows from the schema.
    return { rows: rows as R[], numAffectedRows: BigInt(rowCount ?? 0) };
  }

  /** Runs a statement behind those that were sent before. Without values, the text may be several. */
  query<R extends object>(text: string, values?: readonly unknown[]): Promise<PgResult<R>> {
    return this.#send<R>({ text, ...(values && { values: [...values] }) });
  }

  /** What is sent at the same time goes as one: to hand something to the network takes longer than to write it. */
  #holdBack(): void {
    if (this.#held) return;
    this.#held = true;
    const { stream } = this.#client.connection;
    stream.cork();
    process.nextTick(() => {
      this.#held = false;
      stream.uncork();
    });
  }

  async #send<R extends object>(config: QueryConfig): Promise<PgResult<R>> {
    this.#holdBack();
    try {
      return await this.#client.query<R>(config);
    } catch (error) {
      this.#broken ||= endsSession(error);
      throw error instanceof pg.DatabaseError ? error : new ConnectionLostError(error);
    }
  }
}

/** More different texts than the store has. */
const mostNames = 500;

/** Gives names to texts, under which a session keeps what it has made of them: that takes longer than to run them. */
class StatementNames {
  readonly #names = new Map<string, string>();

  /** The name of a text; undefined once there are too many. */
  of(text: string): string | undefined {
    const known = this.#names.get(text);
    if (known !== undefined || this.#names.size >= mostNames) return known;
    const name = `s${this.#names.size}`;
    this.#names.set(text, name);
    return name;
  }
}
