// Kinds of entities: what can be read and updated, and so be edited; what can be created too can be kept in files.
import type { DescField, DescMessage, DescMethod, DescService } from "@bufbuild/protobuf";
import type { Table } from "./column.ts";
import { kebab, kindOf } from "./naming.ts";
import { answerShape, type MessageField, requestShape } from "./shape.ts";

/** A kind with Get and Update; a service may have several ("size", and "size-reservation" beside it). */
export interface Resource {
  /** What messages call it: "image", "size-reservation". */
  readonly kind: string;
  /** What the verbs of this kind end with: "" or "-reservation". */
  readonly suffix: string;
  readonly entity: DescMessage;
  readonly get: DescMethod;
  readonly update: DescMethod;
  /** Create or else Allocate, if it takes such an entity. */
  readonly create: DescMethod | undefined;
}

/** A kind that can be kept in files. */
export interface FileResource extends Resource {
  readonly create: DescMethod;
}

/** A verb: the RPC, and the kind it writes, if any. */
export interface Verb {
  readonly method: DescMethod;
  readonly resource: Resource | undefined;
  /** How a list is shown; by the table of its rows if absent. */
  readonly table?: Table | undefined;
}

/** The kinds of a service, in the order of their Update methods. */
export function resourcesOf(service: DescService): Resource[] {
  return service.methods
    .filter(({ name }) => name.startsWith("Update"))
    .map((update) => resourceOf(service, update))
    .filter((resource) => resource !== undefined);
}

/** True for a kind that can be kept in files. */
export function isFileResource(resource: Resource): resource is FileResource {
  return resource.create !== undefined;
}

function resourceOf(service: DescService, update: DescMethod): Resource | undefined {
  const noun = update.name.slice("Update".length);
  const entity = requestShape(update).entity?.message;
  const get = service.methods.find(({ name }) => name === `Get${noun}`);
  if (!get || !entity || !requestShape(get).argument) return undefined;
  if (answerShape(get).result?.message !== entity || idPath(entity) === undefined) return undefined;
  const create = [`Create${noun}`, `Allocate${noun}`]
    .map((wanted) => service.methods.find(({ name }) => name === wanted))
    .find((method) => method && requestShape(method).entity?.message === entity);
  const suffix = noun === "" ? "" : `-${kebab(noun)}`;
  return { kind: `${kindOf(service)}${suffix}`, suffix, entity, get, update, create };
}

/** Where an entity has its id: "id" or "meta.id". Undefined if it has none. */
export function idPath(entity: DescMessage): string | undefined {
  return ownPath(entity, "id");
}

/** Where an entity counts its changes, which is what an update must carry: "generation" or "meta.version". */
export function lockPath(entity: DescMessage): string | undefined {
  const generation = ownPath(entity, "generation");
  return generation ?? (metaField(entity, "version") && "meta.version");
}

function ownPath(entity: DescMessage, name: string): string | undefined {
  if (entity.fields.some((field) => field.name === name)) return name;
  return metaField(entity, name) && `meta.${name}`;
}

function metaField(entity: DescMessage, name: string): DescField | undefined {
  const meta = entity.fields.find((field) => isMeta(field));
  return meta?.message?.fields.find((field) => field.name === name);
}

/** True for the field with which masterdata's kinds carry their identity. */
export function isMeta(field: DescField): field is MessageField {
  return field.fieldKind === "message" && field.name === "meta";
}
