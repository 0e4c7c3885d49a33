// How long a call lasts. The signal that tells of its end is made when somebody asks for it, because most calls end
// without anybody who does.
import { Code, ConnectError } from "@connectrpc/connect";
import type { Ending } from "../http/ending.ts";
import type { Exchange } from "./exchange.ts";

/** What ends a call. */
export interface Bounds {
  readonly exchange: Pick<Exchange, "isGone" | "whyGone" | "onGone">;
  /** The deadline that the client set, in milliseconds from now. */
  readonly timeoutMs?: number | undefined;
  readonly shutdownSignal: AbortSignal | undefined;
}

/** The reason of signals whose call came to its end. Always the same one: a new one takes longer than many a call. */
const over = new DOMException("This operation was aborted", "AbortError");

/** From the headers of a call to its answer, to its deadline, to the end of its client or of this server. */
export class Lifetime implements Ending {
  readonly #bounds: Bounds;
  readonly #timer: NodeJS.Timeout | undefined;
  #controller: AbortController | undefined;
  /** Listeners are kept in lists: V8 keeps functions that are properties, with all they see, longer than their objects. */
  #unwatch: readonly (() => void)[] = none;
  #end: { readonly reason: unknown } | undefined;
  #expired: ConnectError | undefined;
  #onExpired: readonly ((error: ConnectError) => void)[] = none;

  constructor(bounds: Bounds) {
    this.#bounds = bounds;
    const { timeoutMs } = bounds;
    if (timeoutMs !== undefined) this.#timer = setTimeout(() => this.expire(late()), timeoutMs);
  }

  /** Aborts when the call has ended, in whatever way. */
  get signal(): AbortSignal {
    this.#controller ??= this.#watch();
    return this.#controller.signal;
  }

  get isAborted(): boolean {
    return (
      this.#end !== undefined ||
      this.#bounds.exchange.isGone ||
      this.#bounds.shutdownSignal?.aborted === true
    );
  }

  /** The call has ended, with the error of one that fails. */
  end(reason: unknown = over): void {
    if (this.#end !== undefined) return;
    this.#end = { reason };
    clearTimeout(this.#timer);
    for (const unwatch of this.#unwatch) unwatch();
    this.#controller?.abort(reason);
  }

  expire(error: ConnectError): void {
    this.#expired = error;
    this.end(error);
    for (const then of this.#onExpired) then(error);
  }

  onExpired(then: (error: ConnectError) => void): void {
    this.#onExpired = [then];
    if (this.#expired !== undefined) then(this.#expired);
  }

  /** What happened before anybody asked has happened. */
  #watch(): AbortController {
    const controller = new AbortController();
    if (this.#bounds.exchange.isGone) this.#endGone();
    else if (this.#bounds.shutdownSignal?.aborted) this.#endStopped();
    if (this.#end === undefined) this.#follow();
    else controller.abort(this.#end.reason);
    return controller;
  }

  #follow(): void {
    const { exchange, shutdownSignal } = this.#bounds;
    const stopped = () => this.#endStopped();
    shutdownSignal?.addEventListener("abort", stopped, { once: true });
    this.#unwatch = [
      exchange.onGone(() => this.#endGone()),
      () => shutdownSignal?.removeEventListener("abort", stopped),
    ];
  }

  #endGone(): void {
    this.end(this.#bounds.exchange.whyGone());
  }

  #endStopped(): void {
    this.end(this.#bounds.shutdownSignal?.reason);
  }
}

const none = [] as const;
const late = () => new ConnectError("the operation timed out", Code.DeadlineExceeded);
