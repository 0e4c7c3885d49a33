// Where the calls of readers and writers run: on the newest state, or within a transaction, which may not be outlived.
import { AsyncLocalStorage } from "node:async_hooks";
import { ConnectError } from "@connectrpc/connect";
import type { CompiledQuery, QueryResult } from "kysely";
import type { Executor } from "./engine.ts";

/** Runs the queries of one call of a reader or writer. */
export interface Calls {
  /** Throws if a call would be refused without a look at the database. */
  assertOpen(): void;
  call<R>(operation: (db: Executor) => Promise<R>): Promise<R>;
}

/** Runs the queries of one call within a transaction. */
export interface Writing extends Executor {
  /**
   * Sends a query behind those before it, of whose answer the call makes nothing. It is waited for at the end of the
   * transaction, which fails if the query does, or if `check` throws about its answer.
   */
  send<R>(query: CompiledQuery<R>, check?: (answer: QueryResult<R>) => void): void;
}

/** The same for calls that write. */
export interface WriteCalls extends Pick<Calls, "assertOpen"> {
  call<R>(operation: (db: Writing) => Promise<R>): Promise<R>;
}

const current = new AsyncLocalStorage<TransactionCalls>();

/**
 * Throws when called by the work of a transaction. Beside it, a second transaction would wait for the first one, which
 * waits for it; and a read would miss what the first one wrote.
 */
export function assertOutsideTransaction(): void {
  if (current.getStore()?.isOpen)
    throw new Error("the work of a transaction may use nothing but it");
}

/** The calls of one attempt at a transaction. */
export class TransactionCalls implements WriteCalls {
  readonly #executor: Executor;
  readonly #db: Writing;
  readonly #pending = new Set<Promise<unknown>>();
  readonly #sent = new Set<Promise<unknown>>();
  #open = true;
  #failure: { readonly error: unknown } | undefined;

  constructor(executor: Executor) {
    this.#executor = executor;
    this.#db = {
      executeQuery: (query) => executor.executeQuery(query),
      send: (query, check) => this.#send(query, check),
    };
  }

  get isOpen(): boolean {
    return this.#open;
  }

  /** Throws when the transaction has ended, or when a call before failed: then nothing of it may be committed. */
  assertOpen(): void {
    if (!this.#open) throw new Error("the transaction has ended");
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  async call<R>(operation: (db: Writing) => Promise<R>): Promise<R> {
    this.assertOpen();
    const running = operation(this.#db);
    this.#pending.add(running);
    try {
      return await running;
    } catch (error) {
      this.#note(error);
      throw error;
    } finally {
      this.#pending.delete(running);
    }
  }

  /**
   * Runs the work to its end, and `last` behind it. Rejects if it must not be committed, even where the work made light
   * of a failure.
   */
  async run<R>(work: () => Promise<R>, last: (db: Writing) => Promise<void>): Promise<R> {
    const ending = current.run(this, () => this.#finish(work, last));
    await Promise.allSettled([ending]);
    this.#open = false;
    // A call under way must not reach the database after the rollback.
    await Promise.allSettled([...this.#pending, ...this.#sent]);
    // The engine's own error comes first: from it the engine sees whether to try again.
    if (this.#failure !== undefined) throw this.#failure.error;
    return ending;
  }

  async #finish<R>(work: () => Promise<R>, last: (db: Writing) => Promise<void>): Promise<R> {
    const result = await work();
    if (this.#failure !== undefined) throw this.#failure.error;
    if (this.#pending.size > 0) throw new Error("the work of a transaction ended before its calls");
    await this.call(last);
    return result;
  }

  #send<R>(query: CompiledQuery<R>, check: (answer: QueryResult<R>) => void = accept): void {
    const fail = (error: unknown) => void (this.#failure ??= { error });
    const sent = this.#executor
      .executeQuery(query)
      .then(check, fail)
      .catch(fail)
      .finally(() => this.#sent.delete(sent));
    this.#sent.add(sent);
  }

  /** A refusal has written nothing, so the work may go on after it. After anything else it may not. */
  #note(error: unknown): void {
    if (!(error instanceof ConnectError)) this.#failure ??= { error };
  }
}

const accept = () => undefined;
