// Counts what is open at a time, by whom.

/** How many of something each one has. Whoever has none costs nothing. */
export class Tally {
  readonly #counts = new Map<string, number>();
  #total = 0;

  /** One more for `name`. What is returned takes it back, once. */
  add(name: string): () => void {
    this.#change(name, 1);
    let counted = true;
    return () => {
      if (counted) this.#change(name, -1);
      counted = false;
    };
  }

  of(name: string): number {
    return this.#counts.get(name) ?? 0;
  }

  /** Of everybody together. */
  get total(): number {
    return this.#total;
  }

  #change(name: string, by: 1 | -1): void {
    const count = this.of(name) + by;
    this.#total += by;
    if (count === 0) this.#counts.delete(name);
    else this.#counts.set(name, count);
  }
}
