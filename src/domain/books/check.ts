// What a check of the books is made of.
import { type Entity, type EntityOf, entities, type Kind } from "../../store/entities.ts";
import type { Reader, Snapshot } from "../../store/store.ts";
import { every } from "../every.ts";

/** One thing that can be looked at by itself. */
export interface Unit {
  /** A kind and an id, for people. */
  readonly subject: string;
  /** What is wrong with it; nothing if it is gone. May run more than once. */
  readonly faults: (read: Snapshot, nowMs: number) => Promise<string[]>;
}

/** A check of the books. */
export interface Check {
  readonly name: string;
  readonly units: (read: Snapshot) => AsyncIterable<Unit>;
}

/** What is wrong with an entity. */
export type FaultsOf<K extends Kind> = (
  read: Snapshot,
  entity: EntityOf<K>,
  nowMs: number,
) => Promise<string[]> | string[];

/** A check of each entity of a kind. */
export function checkOfEach<K extends Kind>(name: string, kind: K, faultsOf: FaultsOf<K>): Check {
  const { noun, stampOf } = entities[kind] as unknown as Pick<Entity, "noun" | "stampOf">;
  const readerOf = (read: Snapshot) => read[kind] as unknown as Reader<K>;
  return {
    name,
    async *units(read) {
      for await (const entity of every(readerOf(read), kind)) {
        const { id } = stampOf(entity);
        const faults: Unit["faults"] = async (snapshot, nowMs) => {
          const current = await readerOf(snapshot).get(id);
          return current === undefined ? [] : faultsOf(snapshot, current, nowMs);
        };
        yield { subject: `${noun} "${id}"`, faults };
      }
    },
  };
}

/** A check of one thing. */
export function checkOnce(name: string, subject: string, faults: Unit["faults"]): Check {
  return {
    name,
    async *units() {
      yield { subject, faults };
    },
  };
}
