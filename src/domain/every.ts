// Walks through all entities of a kind, a page at a time, so that no query and no list is unbounded.
import { setImmediate as turn } from "node:timers/promises";
import { type Entity, type EntityOf, entities, type Kind } from "../store/entities.ts";
import type { Filter, Reader } from "../store/store.ts";

const pageSize = 200;

/** Every entity that fulfils `where`, ordered by id, from `after` on. Between two pages others have their turn. */
export async function* every<K extends Kind>(
  reader: Reader<K>,
  kind: K,
  { where, after = "" }: { readonly where?: Filter<K>; readonly after?: string } = {},
): AsyncGenerator<EntityOf<K>> {
  const { stampOf } = entities[kind] as unknown as Pick<Entity, "stampOf">;
  let last: string | undefined = after;
  while (last !== undefined) {
    const page: EntityOf<K>[] = await reader.list({ where, after: last, limit: pageSize });
    yield* page;
    const end = page.length === pageSize ? page.at(-1) : undefined;
    last = end && stampOf(end).id;
    // SQLite answers at once: without this a walk through a large store would keep all others waiting.
    if (last !== undefined) await turn();
  }
}
