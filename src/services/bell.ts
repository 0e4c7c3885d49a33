// Something to wait for that may happen before anybody waits.

/** Rung by one, heard by another: once, however often it was rung in between. */
export class Bell {
  #rung = false;
  #wake = () => {};

  ring(): void {
    this.#rung = true;
    this.#wake();
  }

  /**
   * True as soon as it was rung since it was heard last, false if it is not within `limitMs` milliseconds. Rejects with
   * the reason of the signal.
   */
  async heard(limitMs: number, signal: AbortSignal): Promise<boolean> {
    signal.throwIfAborted();
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, limitMs);
    const wake = () => resolve();
    this.#wake = wake;
    signal.addEventListener("abort", wake, { once: true });
    if (this.#rung) resolve();
    await promise;
    clearTimeout(timer);
    signal.removeEventListener("abort", wake);
    signal.throwIfAborted();
    const rung = this.#rung;
    this.#rung = false;
    return rung;
  }
}
