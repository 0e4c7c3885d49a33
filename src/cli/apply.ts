// `apply`: makes the server's entities what a file says, touching only what differs.
import type { Message } from "@bufbuild/protobuf";
import { type Api, CallError } from "./api.ts";
import type { Decoded } from "./document/decode.ts";
import {
  type Change,
  createEntity,
  findEntity,
  idOf,
  lockOf,
  subjectOf,
  updateEntity,
} from "./entity.ts";
import { callCode } from "./errors.ts";
import { endIfFailed, workThrough } from "./files.ts";
import { differences, merged } from "./patch.ts";
import { type FileResource, idPath, lockPath, type Resource } from "./resource.ts";
import type { Session } from "./session.ts";

/** What can become of an entity. */
export type Outcome = "created" | "configured" | "unchanged";

/** What to apply, and whether to change anything at all. */
export interface ApplyOptions {
  readonly files: readonly string[];
  readonly dryRun: boolean;
}

/** Applies files. Prints a line for each entity and a summary on stderr; status 1 if something failed. */
export async function apply(
  resource: FileResource,
  { files, dryRun }: ApplyOptions,
  { api, io }: Session,
): Promise<void> {
  const work = async (decoded: Decoded) => {
    const outcome = await applyEntity(resource, decoded, { api, dryRun });
    const title = `${resource.kind}/${idOf(resource.entity, decoded.message)}`;
    return { title, word: dryRun ? `${outcome} (dry run)` : outcome };
  };
  const tally = await workThrough({ desc: resource.entity, files, work }, io);
  io.stderr(`${[...tally].map(([word, count]) => `${count} ${word}`).join(", ")}\n`);
  endIfFailed(tally);
}

interface Means {
  readonly api: Api;
  readonly dryRun: boolean;
}

/** Somebody else was faster: what was read is no longer true, and reading again may help. */
const overtaken: ReadonlySet<number> = new Set([callCode.aborted, callCode.alreadyExists]);

/** Creates the entity or changes what differs. If somebody else changes it meanwhile, tries once more. */
async function applyEntity(
  resource: FileResource,
  decoded: Decoded,
  means: Means,
): Promise<Outcome> {
  try {
    return await applyOnce(resource, decoded, means);
  } catch (error) {
    if (!(error instanceof CallError) || !overtaken.has(error.error.code)) throw error;
    return await applyOnce(resource, decoded, means);
  }
}

async function applyOnce(resource: FileResource, decoded: Decoded, means: Means): Promise<Outcome> {
  const id = idOf(resource.entity, decoded.message);
  const current = await findEntity(resource, id, means.api);
  if (current) return await configure(resource, [current, decoded], means);
  const subject = subjectOf(resource.kind, id);
  if (!means.dryRun)
    await createEntity(resource.create, decoded.message, { api: means.api, subject });
  return "created";
}

async function configure(
  resource: Resource,
  [current, decoded]: readonly [Message, Decoded],
  { api, dryRun }: Means,
): Promise<Outcome> {
  const change = changeFor(resource, current, decoded);
  if (change.paths.length === 0) return "unchanged";
  if (dryRun) return "configured";
  const subject = subjectOf(resource.kind, idOf(resource.entity, current));
  const after = await updateEntity(resource.update, change, { api, subject });
  return ownDifferences(resource, [current, after]).length === 0 ? "unchanged" : "configured";
}

/** The change that gives an entity the values that were given, as far as it has others. */
export function changeFor(
  resource: Resource,
  current: Message,
  { message, given }: Decoded,
): Change {
  const { entity: desc } = resource;
  const entity = merged(desc, [current, message], given);
  const paths = ownDifferences(resource, [current, entity]);
  return { entity, paths, lock: lockOf(desc, current) };
}

/** Where two states of an entity differ, beside identity and version. */
export function ownDifferences(
  { entity }: Resource,
  states: readonly [Message, Message],
): string[] {
  const except = [idPath(entity), lockPath(entity)].filter((path) => path !== undefined);
  return differences(entity, states, new Set(except));
}
