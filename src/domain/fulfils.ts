// Filters about an entity at hand, as the store would judge it.
import type { DescMessage, Message } from "@bufbuild/protobuf";
import { type Entity, type EntityOf, entities, type Kind } from "../store/entities.ts";
import type { Filter } from "../store/store.ts";

/** Whether the entity is one that a list with this filter holds. */
export function fulfils<K extends Kind>(kind: K, entity: EntityOf<K>, where: Filter<K>): boolean {
  const { stampOf, terms } = entities[kind] as unknown as Entity<DescMessage>;
  const message = entity as Message;
  const own = new Set(terms(message).map(([field, value]) => `${field} ${value}`));
  own.add(`id ${stampOf(message).id}`);
  return Object.entries<string | readonly string[] | undefined>(where).every(([field, wanted]) =>
    [wanted ?? []].flat().every((value) => value === "" || own.has(`${field} ${value}`)),
  );
}
