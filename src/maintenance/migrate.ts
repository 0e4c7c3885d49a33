// Brings a store up to this version apart from the start of a server, and says what that would do.
import { type MigrationState, migrate, migrationState } from "../store/migrations.ts";
import { sqliteParts } from "../store/sqlite-engine.ts";
import { lend } from "./lend.ts";
import type { Place } from "./place.ts";

/** What was done to a store, and what is to be done. Changes nothing; throws if a newer version has worked there. */
export function stateOf(place: Place): Promise<MigrationState> {
  // The names are the same for every engine, and nothing else is asked for.
  const parts = sqliteParts;
  return lend(place.original(), (original) =>
    original.look((image) => migrationState({ write: image, parts })),
  );
}

/**
 * Brings a store up to date, or makes a new one, and returns what was pending before. Whoever does so at the same time
 * waits, servers that start included.
 */
export function bringUpToDate(place: Place): Promise<readonly string[]> {
  return place.change(async (engine) => {
    const { pending } = await migrationState(engine);
    await migrate(engine);
    return pending;
  });
}
