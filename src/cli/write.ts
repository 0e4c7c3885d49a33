// The verbs that create and change entities, by flags or from files.
import type { DescMessage, Message } from "@bufbuild/protobuf";
import type { Api } from "./api.ts";
import { changeFor } from "./apply.ts";
import type { Decoded } from "./document/decode.ts";
import {
  type Change,
  createEntity,
  findId,
  getEntity,
  idOf,
  lockOf,
  resultDesc,
  subjectOf,
  updateEntity,
} from "./entity.ts";
import { UsageError } from "./errors.ts";
import { type Done, endIfFailed, workThrough } from "./files.ts";
import { isUpdate } from "./flags.ts";
import { entityField, entityOf, type Invocation, isOfEntity, type Stated } from "./invocation.ts";
import { kindOf, verbOf } from "./naming.ts";
import { printOne } from "./output.ts";
import { serverSet } from "./patch.ts";
import { idPath, lockPath, type Verb } from "./resource.ts";
import type { Session } from "./session.ts";

/** Creates or updates what flags or files say. Throws UsageError, CommandError, CallError. */
export async function write(verb: Verb, invocation: Invocation, session: Session): Promise<void> {
  const { words, flags, files } = invocation;
  const { method } = verb;
  const isByFlags = words.length > 0 || flags.some(([flag]) => isOfEntity(method, flag));
  if (files.length > 0 && isByFlags) throw new UsageError("give -f FILE or flags, not both");
  const stated = entityOf(method, invocation, session.io.now());
  if (files.length > 0) return await writeFiles(verb, [files, stated.request], session);
  if (stated.entity.given.length === 0)
    throw new UsageError("say what with flags, or give -f FILE");
  if (isUpdate(method)) return await updateByFlags(verb, [words[0], stated], session);
  await createByFlags(verb, stated, session);
}

async function createByFlags(
  verb: Verb,
  { entity: { message }, request }: Stated,
  { api, io, style }: Session,
): Promise<void> {
  const means = { api, subject: subjectOfNew(verb, message), around: request };
  const entity = await createEntity(verb.method, message, means);
  io.stdout(printOne(resultDesc(verb.method), entity, style("table")));
}

async function updateByFlags(
  { method, resource }: Verb,
  [id, { entity: decoded, request }]: readonly [string | undefined, Stated],
  { api, io, style }: Session,
): Promise<void> {
  if (id === undefined) throw new UsageError("say which one, or give -f FILE");
  if (!resource) throw new UsageError(`${verbOf(method)} needs -f FILE`);
  const { entity: desc, kind } = resource;
  const current = await getEntity(resource, id, api);
  const change = changeFor(resource, current, decoded);
  if (change.paths.length === 0) io.stderr("nothing to change\n");
  const locked = { ...change, lock: lockOf(desc, decoded.message) ?? change.lock };
  const means = { api, subject: subjectOf(kind, id), around: request };
  const isSame = change.paths.length === 0;
  const after = isSame ? current : await updateEntity(method, locked, means);
  io.stdout(printOne(desc, after, style("table")));
}

async function writeFiles(
  verb: Verb,
  [files, around]: readonly [readonly string[], Message],
  { api, io }: Session,
): Promise<void> {
  const { message: desc } = entityField(verb.method);
  const work = isUpdate(verb.method)
    ? updateFrom(verb, api, around)
    : createFrom(verb, api, around);
  endIfFailed(await workThrough({ desc, files, work }, io));
}

type Work = (decoded: Decoded) => Promise<Done>;

function createFrom(verb: Verb, api: Api, around: Message): Work {
  return async ({ message }) => {
    const means = { api, subject: subjectOfNew(verb, message), around };
    const entity = await createEntity(verb.method, message, means);
    return { title: `${kindName(verb)}/${idOf(resultDesc(verb.method), entity)}`, word: "created" };
  };
}

function updateFrom(verb: Verb, api: Api, around: Message): Work {
  const { message: desc } = entityField(verb.method);
  return async (decoded) => {
    const id = idOf(desc, decoded.message);
    const means = { api, subject: subjectOf(kindName(verb), id), around };
    await updateEntity(verb.method, lockedChange(desc, decoded), means);
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

function kindName({ method, resource }: Verb): string {
  return resource?.kind ?? kindOf(method.parent);
}

/** A new entity may leave its id to the server. */
function subjectOfNew(verb: Verb, entity: Message): string {
  const id = findId(entityField(verb.method).message, entity);
  if (id !== undefined) return subjectOf(kindName(verb), id);
  return `${kindOf(verb.method.parent)} ${verbOf(verb.method)}`;
}
