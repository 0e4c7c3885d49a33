// Kinds that can be kept in files: those that can be read, created and updated.
import type { DescField, DescMessage, DescMethod, DescService } from "@bufbuild/protobuf";
import { kebab, kindOf } from "./naming.ts";
import { answerShape, type MessageField, requestShape } from "./shape.ts";

/** A kind with Get, Create and Update; a service may have several ("size", and "size-reservation" beside it). */
export interface Resource {
  /** What messages call it: "image", "size-reservation". */
  readonly kind: string;
  /** What the verbs of this kind end with: "" or "-reservation". */
  readonly suffix: string;
  readonly entity: DescMessage;
  readonly get: DescMethod;
  readonly create: DescMethod;
  readonly update: DescMethod;
}

/** A verb: the RPC, and the kind it belongs to if that can be kept in files. */
export interface Verb {
  readonly method: DescMethod;
  readonly resource: Resource | undefined;
}

/** The kinds of a service, in the order of its Create methods. */
export function resourcesOf(service: DescService): Resource[] {
  return service.methods
    .filter(({ name }) => name.startsWith("Create"))
    .map((create) => resourceOf(service, create))
    .filter((resource) => resource !== undefined);
}

function resourceOf(service: DescService, create: DescMethod): Resource | undefined {
  const noun = create.name.slice("Create".length);
  const get = service.methods.find(({ name }) => name === `Get${noun}`);
  const update = service.methods.find(({ name }) => name === `Update${noun}`);
  const entity = requestShape(create).entity?.message;
  if (!get || !update || !entity || !requestShape(get).argument) return undefined;
  if (answerShape(get).result?.message !== entity || idPath(entity) === undefined) return undefined;
  const suffix = noun === "" ? "" : `-${kebab(noun)}`;
  return { kind: `${kindOf(service)}${suffix}`, suffix, entity, get, create, update };
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
