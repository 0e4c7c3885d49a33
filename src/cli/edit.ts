// `edit`: lets a person change an entity in an editor. What they remove is cleared.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Message } from "@bufbuild/protobuf";
import { ownDifferences } from "./apply.ts";
import { decode, problemLine } from "./document/decode.ts";
import { encode } from "./document/encode.ts";
import { yamlText } from "./document/text.ts";
import { readDocuments } from "./document/yaml-source.ts";
import { getEntity, idOf, lockOf, subjectOf, updateEntity } from "./entity.ts";
import { CommandError } from "./errors.ts";
import type { Resource } from "./resource.ts";
import type { Session } from "./session.ts";

/** Edits one entity. The version in the text is the lock, so nobody's change is overwritten unseen. */
export async function edit(resource: Resource, id: string, session: Session): Promise<void> {
  const before = await getEntity(resource, id, session.api);
  const original = yamlText(encode(resource.entity, before));
  const folder = await mkdtemp(join(tmpdir(), "metal-"));
  const file = join(folder, `${resource.kind}.yaml`);
  await writeFile(file, original, { mode: 0o600 });
  await session.io.edit(file);
  const text = await readFile(file, "utf8");
  try {
    await save(resource, [before, parsed(resource, text)], session);
  } catch (error) {
    session.io.stderr(`your text is kept in ${file}\n`);
    throw error;
  }
  await rm(folder, { recursive: true });
}

async function save(
  resource: Resource,
  [before, after]: readonly [Message, Message],
  { api, io }: Session,
): Promise<void> {
  const { entity: desc, kind } = resource;
  const id = idOf(desc, before);
  if (idOf(desc, after) !== id) throw new CommandError("the id of an entity never changes");
  const paths = ownDifferences(resource, [before, after]);
  if (paths.length === 0) return io.stderr("no changes were made\n");
  const lock = lockOf(desc, after) ?? lockOf(desc, before);
  await updateEntity(
    resource.update,
    { entity: after, paths, lock },
    { api, subject: subjectOf(kind, id) },
  );
  io.stdout(`${kind}/${id} configured\n`);
}

function parsed({ entity }: Resource, text: string): Message {
  const [document, ...others] = readDocuments(text, "text");
  if (!document || others.length > 0) throw new CommandError("the text must be one document");
  if (document.fault !== undefined) throw new CommandError(document.fault);
  const { message, problems } = decode(entity, document.source);
  if (problems.length === 0) return message;
  throw new CommandError(problems.map(problemLine).join("\n"));
}
