// The memory against replay of several servers: each has its own, and all of them share one. A credential is as good as
// the stricter of both says.
import { UndecidableError } from "./authenticator.ts";
import type { Binding, UsedSalts } from "./used-salts.ts";

/** The memory that servers share. */
export interface SharedMemory {
  /**
   * Binds `key` to `meaning` unless it is bound, in one step, and says what it is bound to; undefined if it may have
   * been forgotten.
   */
  bind(
    key: string,
    meaning: string,
    expiresAtMs: number,
  ): Promise<{ readonly first: boolean; readonly meaning: string } | undefined>;
}

/**
 * A memory of this process in front of a shared one. What this process knows to be a replay costs nobody anything, and
 * stays one even if the shared memory loses what it was told last.
 */
export function createSharedSalts(own: UsedSalts, shared: SharedMemory): UsedSalts {
  return {
    bind: async (key, meaning, expiresAtMs) => {
      const here = await own.bind(key, meaning, expiresAtMs);
      if (here === "different") return here;
      const there = await ask(shared, key, meaning, expiresAtMs);
      return there === "first" ? here : there;
    },
  };
}

async function ask(shared: SharedMemory, ...use: Parameters<UsedSalts["bind"]>): Promise<Binding> {
  const found = await shared.bind(...use).catch(() => {
    throw new UndecidableError("replay_memory_unreachable");
  });
  if (found === undefined) throw new UndecidableError("replay_memory_behind");
  if (found.first) return "first";
  return found.meaning === use[1] ? "same" : "different";
}
