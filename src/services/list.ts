// Lists of entities: a filter, a page, a token for the next one.
import { type PageOf, type PageRequest, pageOf } from "../domain/page.ts";
import { type Entity, type EntityOf, entities, type Kind } from "../store/entities.ts";
import type { Filter, Reader } from "../store/store.ts";

/** The page of entities that `request` asks for, of those that fulfil `where`, ordered by id, to be looked at only. */
export function listOf<K extends Kind>(
  reader: Reader<K>,
  kind: K,
  { request, where }: { readonly request: PageRequest; readonly where: Filter<K> },
): Promise<PageOf<Readonly<EntityOf<K>>>> {
  const { stampOf } = entities[kind] as unknown as Pick<Entity, "stampOf">;
  return pageOf(request, {
    filter: where,
    key: (entity) => stampOf(entity).id,
    fetch: (after, limit) => reader.peekList({ where, after, limit }),
  });
}

/** A map as the terms that entities are found by: "key=value". */
export function pairs(map: Readonly<Record<string, string>>): string[] {
  return Object.entries(map).map(([key, value]) => `${key}=${value}`);
}

/** An enum value as a term; the unspecified one does not restrict. */
export function term(value: number): string {
  return value === 0 ? "" : `${value}`;
}
