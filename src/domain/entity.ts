// What creating, changing and deleting have in common for every kind of entity.
import { randomUUID } from "node:crypto";
import { clone, type DescMessage, type Message } from "@bufbuild/protobuf";
import type { FieldMask } from "@bufbuild/protobuf/wkt";
import { type Entity, type EntityOf, entities, type Kind } from "../store/entities.ts";
import type { Reader, Transaction, Writer } from "../store/store.ts";
import { invalid, notFound, precondition } from "./errors.ts";
import { merge } from "./merge.ts";
import { assertValid } from "./validation.ts";

/** The description of a kind, its types widened: what is generic here knows no single kind. */
function description<K extends Kind>(kind: K): Entity<DescMessage> {
  return entities[kind] as unknown as Entity<DescMessage>;
}

/** The entity. Throws not_found. */
export async function found<K extends Kind>(
  reader: Reader<K>,
  kind: K,
  id: string,
): Promise<EntityOf<K>> {
  return existing(await reader.get(id), kind, id);
}

/** The entity, for who only looks at it: see `peek`. Throws not_found. */
export async function seen<K extends Kind>(
  reader: Reader<K>,
  kind: K,
  id: string,
): Promise<Readonly<EntityOf<K>>> {
  return existing(await reader.peek(id), kind, id);
}

function existing<E>(entity: E | undefined, kind: Kind, id: string): E {
  if (entity === undefined) throw notFound(`no ${description(kind).noun} "${id}"`);
  return entity;
}

/** Keeps `entity`, under a new UUID if it brings no id. What the server sets is ignored. Throws already_exists. */
export async function insert<K extends Kind>(
  writer: Writer<K>,
  kind: K,
  entity: EntityOf<K>,
): Promise<EntityOf<K>> {
  const { stampOf, setStamp } = description(kind);
  const message = entity as Message;
  setStamp(message, { id: stampOf(message).id || randomUUID() });
  return writer.insert(entity);
}

/** An update as it was sent. */
export interface Change<K extends Kind> {
  readonly sent: EntityOf<K> | undefined;
  readonly mask: FieldMask | undefined;
  /** The field of the request that holds the entity, if it is not named like the kind. */
  readonly field?: string;
  /** Completes what results and refuses it if it breaks a rule. `before` is what was stored. */
  readonly settle?: (after: EntityOf<K>, before: EntityOf<K>) => void | Promise<void>;
}

/**
 * Changes an entity. Throws invalid_argument if the version that was read is missing or the result breaks a rule of
 * its proto, not_found, and aborted if it changed since it was read. Identity and times are the server's.
 */
export async function update<K extends Kind>(
  writer: Writer<K>,
  kind: K,
  { sent, mask, field = kind, settle }: Change<K>,
): Promise<EntityOf<K>> {
  const { schema, stampOf, setStamp, versionField } = description(kind);
  if (sent === undefined) throw invalid(`${field}: is missing`);
  const { id, version } = stampOf(sent as Message);
  if (version === undefined)
    throw invalid(`${field}.${versionField}: must be the one that was read`);
  const before = await found(writer, kind, id);
  const after = clone(schema, before as Message) as EntityOf<K>;
  merge(schema, after as Message, { message: sent as Message, paths: mask?.paths ?? [] });
  setStamp(after as Message, { ...stampOf(before as Message), version });
  await settle?.(after, before);
  assertValid(schema, after as Message, field);
  return writer.update(after);
}

/** What may depend on an entity: what several are called, which ends in an s, and how to count them. */
export type Dependants = readonly (readonly [plural: string, count: Promise<number>])[];

/** Deletes an entity and returns what it was. Throws not_found, and failed_precondition naming what depends on it. */
export async function remove<K extends Kind>(
  writer: Writer<K>,
  kind: K,
  { id, dependants }: { readonly id: string; readonly dependants: Dependants },
): Promise<EntityOf<K>> {
  const entity = await found(writer, kind, id);
  const counts = await Promise.all(
    dependants.map(async ([plural, count]) => [plural, await count] as const),
  );
  const inUse = counts.filter(([, count]) => count > 0).map(counted);
  if (inUse.length > 0)
    throw precondition(`${description(kind).noun} "${id}" is in use by ${inUse.join(", ")}`);
  await writer.delete(id);
  return entity;
}

/** "2 networks", "1 network", "1 switch". */
export function counted([plural, count]: readonly [plural: string, count: number]): string {
  return count === 1 ? `1 ${plural.replace(/(?<=ch)es$|s$/, "")}` : `${count} ${plural}`;
}

/** Throws failed_precondition unless all entities that a request refers to exist. */
export async function assertExist(
  tx: Transaction,
  references: readonly (readonly [kind: Kind, id: string])[],
): Promise<void> {
  for (const [kind, id] of references) {
    const reader: Pick<Reader<Kind>, "get"> = tx[kind];
    if ((await reader.get(id)) === undefined)
      throw precondition(`there is no ${description(kind).noun} "${id}"`);
  }
}

/** Throws invalid_argument if a field that never changes was changed. */
export function assertSame(field: string, before: string, after: string): void {
  if (before !== after) throw invalid(`${field}: is "${before}" and never changes`);
}
