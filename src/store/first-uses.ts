// The contract of first uses: what a key meant when it was first used, the same for all servers of a store.

/** What a key is bound to. */
export interface FirstUse {
  /** Whether it was this call that bound it. */
  readonly first: boolean;
  readonly meaning: string;
}

/** Remembers first uses for as long as they count. The end of the database's machine may cost those of a second. */
export interface FirstUses {
  /**
   * Binds `key` to `meaning` unless it is bound, in one step. `expiresAtMs` (ms since 1970) is the last moment at which
   * it must be remembered; undefined if that is so long ago, by the clock of the database, that it may be forgotten.
   * Keys that begin with their time, so that the oldest ones sort first, are written and forgotten at the least cost.
   */
  bind(key: string, meaning: string, expiresAtMs: number): Promise<FirstUse | undefined>;
}
