// The verbs that create and change entities, by flags or from files.
import type { DescMessage, Message } from "@bufbuild/protobuf";
import { changeFor } from "./apply.ts";
import type { Decoded } from "./document/decode.ts";
import {
  type Change,
  createEntity,
  getEntity,
  idOf,
  lockOf,
  resultDesc,
  subjectOf,
  updateEntity,
} from "./entity.ts";
import { UsageError } from "./errors.ts";
import { type Done, endIfFailed, workThrough } from "./files.ts";
import { entityFromFlags, type Invocation } from "./invocation.ts";
import { kindOf, verbOf } from "./naming.ts";
import { printOne } from "./output.ts";
import { serverSet, valueAt } from "./patch.ts";
import { idPath, lockPath, type Verb } from "./resource.ts";
import type { Session } from "./session.ts";
import { type MessageField, requestShape } from "./shape.ts";

/** Creates or updates what flags or files say. Throws UsageError, CommandError, CallError. */
export async function write(verb: Verb, invocation: Invocation, session: Session): Promise<void> {
  const { words, flags, files } = invocation;
  if (files.length > 0 && (flags.length > 0 || words.length > 0))
    throw new UsageError("give -f FILE or flags, not both");
  if (files.length > 0) return await writeFiles(verb, files, session);
  const decoded = entityFromFlags(verb.method, invocation, session.io.now());
  if (decoded.given.length === 0) throw new UsageError("say what with flags, or give -f FILE");
  if (isUpdate(verb)) return await updateByFlags(verb, [words[0], decoded], session);
  await createByFlags(verb, decoded, session);
}

async function createByFlags(
  verb: Verb,
  { message }: Decoded,
  { api, io, style }: Session,
): Promise<void> {
  const subject = subjectOfNew(verb, message);
  const entity = await createEntity(verb.method, message, { api, subject });
  io.stdout(printOne(resultDesc(verb.method), entity, style("table")));
}

async function updateByFlags(
  { method, resource }: Verb,
  [id, decoded]: readonly [string | undefined, Decoded],
  { api, io, style }: Session,
): Promise<void> {
  if (id === undefined) throw new UsageError("say which one, or give -f FILE");
  if (!resource) throw new UsageError(`${verbOf(method)} needs -f FILE`);
  const { entity: desc, kind } = resource;
  const current = await getEntity(resource, id, api);
  const change = changeFor(resource, current, decoded);
  if (change.paths.length === 0) io.stderr("nothing to change\n");
  const locked = { ...change, lock: lockOf(desc, decoded.message) ?? change.lock };
  const save = () => updateEntity(method, locked, { api, subject: subjectOf(kind, id) });
  const after = change.paths.length === 0 ? current : await save();
  io.stdout(printOne(desc, after, style("table")));
}

async function writeFiles(
  verb: Verb,
  files: readonly string[],
  { api, io }: Session,
): Promise<void> {
  const { message: desc } = entityField(verb);
  const work = isUpdate(verb) ? updateFrom(verb, api) : createFrom(verb, api);
  endIfFailed(await workThrough({ desc, files, work }, io));
}

function createFrom(verb: Verb, api: Session["api"]): (decoded: Decoded) => Promise<Done> {
  return async ({ message }) => {
    const subject = subjectOfNew(verb, message);
    const entity = await createEntity(verb.method, message, { api, subject });
    return { title: `${kindName(verb)}/${idOf(resultDesc(verb.method), entity)}`, word: "created" };
  };
}

function updateFrom(verb: Verb, api: Session["api"]): (decoded: Decoded) => Promise<Done> {
  const { message: desc } = entityField(verb);
  return async (decoded) => {
    const id = idOf(desc, decoded.message);
    const subject = subjectOf(kindName(verb), id);
    await updateEntity(verb.method, lockedChange(desc, decoded), { api, subject });
    return { title: `${kindName(verb)}/${id}`, word: "updated" };
  };
}

/** The change that a file asks for: what it gives, locked by the version that it has. */
function lockedChange(desc: DescMessage, { message, given }: Decoded): Change {
  const own = new Set([idPath(desc), lockPath(desc)]);
  const paths = given.filter((path) => !own.has(path) && !isServerSet(path));
  return { entity: message, paths, lock: lockOf(desc, message) };
}

function isServerSet(path: string): boolean {
  return path.split(".").some((name) => serverSet.has(name));
}

function isUpdate({ method }: Verb): boolean {
  return method.name.startsWith("Update");
}

function entityField({ method }: Verb): MessageField {
  const { entity } = requestShape(method);
  if (!entity) throw new TypeError(`${method.name} takes no entity`);
  return entity;
}

function kindName({ method, resource }: Verb): string {
  return resource?.kind ?? kindOf(method.parent);
}

/** A new entity may leave its id to the server. */
function subjectOfNew(verb: Verb, entity: Message): string {
  const { message: desc } = entityField(verb);
  const id = valueAt(desc, entity, idPath(desc) ?? "id");
  if (typeof id === "string" && id !== "") return subjectOf(kindName(verb), id);
  return `${kindOf(verb.method.parent)} ${verbOf(verb.method)}`;
}
