// Reads, creates and changes entities of a kind, whatever the kind.
import { clone, create, type DescMessage, type DescMethod, type Message } from "@bufbuild/protobuf";
import { type ReflectMessage, reflect } from "@bufbuild/protobuf/reflect";
import { type Api, CallError } from "./api.ts";
import { callCode, CommandError } from "./errors.ts";
import { entityField } from "./invocation.ts";
import { merged, setValue, valueAt } from "./patch.ts";
import { idPath, lockPath, type Resource } from "./resource.ts";
import { answerShape, requestShape } from "./shape.ts";

/** The id of an entity; undefined if it has none. */
export function findId(desc: DescMessage, entity: Message): string | undefined {
  const path = idPath(desc);
  const id = path === undefined ? undefined : valueAt(desc, entity, path);
  return typeof id === "string" && id !== "" ? id : undefined;
}

/** The id of an entity. Throws CommandError if it has none. */
export function idOf(desc: DescMessage, entity: Message): string {
  const id = findId(desc, entity);
  if (id !== undefined) return id;
  const name = desc.fields.find((field) => field.name === "id")?.jsonName;
  throw new CommandError(`${name ?? idPath(desc)}: is missing`);
}

/** What counts the changes of an entity, which an update must carry; undefined if it has none. */
export function lockOf(desc: DescMessage, entity: Message): unknown {
  const path = lockPath(desc);
  return path === undefined ? undefined : valueAt(desc, entity, path);
}

/** How messages name an entity: `image "x"`. */
export function subjectOf(kind: string, id: string): string {
  return `${kind} ${JSON.stringify(id)}`;
}

/** The entity of that id; undefined if there is none. Throws CallError for everything else. */
export async function findEntity(
  { get, kind }: Resource,
  id: string,
  api: Api,
): Promise<Message | undefined> {
  try {
    return await getEntity({ get, kind }, id, api);
  } catch (error) {
    if (error instanceof CallError && error.error.code === callCode.notFound) return undefined;
    throw error;
  }
}

/** The entity of that id. Throws CallError. */
export async function getEntity(
  { get, kind }: Pick<Resource, "get" | "kind">,
  id: string,
  api: Api,
): Promise<Message> {
  const request = reflect(get.input);
  setValue(request, requestShape(get).argument?.name ?? "id", id);
  const subject = subjectOf(kind, id);
  const answer = await api.unary({ method: get, request: request.message, subject });
  return resultOf(get, answer);
}

/** How to write an entity. */
export interface Means {
  readonly api: Api;
  /** As in a call. */
  readonly subject: string;
  /** What the request says beside the entity. */
  readonly around?: Message | undefined;
}

/** Creates an entity and returns what became of it. Throws CallError. */
export async function createEntity(
  method: DescMethod,
  entity: Message,
  { api, subject, around }: Means,
): Promise<Message> {
  const request = wrapped(method, entity, around).message;
  return resultOf(method, await api.unary({ method, request, subject }));
}

/** A change of an entity. */
export interface Change {
  /** Has the id and the new values. */
  readonly entity: Message;
  /** What to change; a path without a value in `entity` is cleared. */
  readonly paths: readonly string[];
  /** The generation or version that was read; undefined to leave it to the server to complain. */
  readonly lock: unknown;
}

/** Changes exactly the fields named. Throws CallError. */
export async function updateEntity(
  method: DescMethod,
  change: Change,
  { api, subject, around }: Means,
): Promise<Message> {
  const request = updateRequest(method, change, around);
  return resultOf(method, await api.unary({ method, request, subject }));
}

/** What an answer wraps, or the answer itself. */
export function resultOf(method: DescMethod, answer: Message): Message {
  const { result } = answerShape(method);
  return result ? reflect(method.output, answer).get(result).message : answer;
}

/** The description of what `resultOf` returns. */
export function resultDesc(method: DescMethod): DescMessage {
  return answerShape(method).result?.message ?? method.output;
}

function updateRequest(
  method: DescMethod,
  { entity, paths, lock }: Change,
  around: Message | undefined,
): Message {
  const { message: desc } = entityField(method);
  const patch = reflect(
    desc,
    merged(desc, [create(desc), entity], [idPath(desc) ?? "id", ...paths]),
  );
  const lockedBy = lockPath(desc);
  if (lockedBy !== undefined) setValue(patch, lockedBy, lock);
  const request = wrapped(method, patch.message, around);
  setMask(request, paths);
  return request.message;
}

function wrapped(method: DescMethod, entity: Message, around?: Message): ReflectMessage {
  const request = reflect(method.input, around && clone(method.input, around));
  const field = entityField(method);
  request.set(field, reflect(field.message, entity));
  return request;
}

function setMask(request: ReflectMessage, paths: readonly string[]): void {
  const mask = request.fields.find(
    ({ message }) => message?.typeName === "google.protobuf.FieldMask",
  );
  if (!mask?.message || paths.length === 0) return;
  const value = reflect(mask.message);
  const list = mask.message.fields.find(({ name }) => name === "paths");
  if (list?.fieldKind === "list") for (const path of paths) value.get(list).add(path);
  request.set(mask, value);
}
