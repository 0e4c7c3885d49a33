// Works through the entities of files one by one: what is wrong with one is said and does not stop the others.
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { DescMessage } from "@bufbuild/protobuf";
import { CallError } from "./api.ts";
import { type Decoded, decode, problemLine } from "./document/decode.ts";
import { readDocuments, type SourceDocument } from "./document/yaml-source.ts";
import { CommandError, exitCode, messageOf, SilentExit } from "./errors.ts";
import type { Io } from "./io.ts";
import { printable } from "./printable.ts";

/** What became of an entity: "image/ubuntu-22.04" and "created". */
export interface Done {
  readonly title: string;
  readonly word: string;
}

/** What to work through. */
export interface Batch {
  readonly desc: DescMessage;
  /** Paths, or "-" for standard input. */
  readonly files: readonly string[];
  readonly work: (decoded: Decoded) => Promise<Done>;
}

/**
 * Prints "<title> <word>" for each entity, and errors with file and document on stderr. Returns how often each word
 * came. Throws what no other entity could escape: a refusal, a server that is not there. `failed` counts the errors.
 */
export async function workThrough(batch: Batch, io: Io): Promise<ReadonlyMap<string, number>> {
  const tally = new Map<string, number>();
  for (const document of await documentsOf(batch.files, io)) {
    const word = await workOn(document, batch, io);
    tally.set(word, (tally.get(word) ?? 0) + 1);
  }
  return tally;
}

/** Ends the command with status 1 if something failed. */
export function endIfFailed(tally: ReadonlyMap<string, number>): void {
  if (tally.has("failed")) throw new SilentExit(exitCode.failed);
}

/** The text of a file, or of standard input for "-". Throws CommandError. */
async function readInput(path: string, io: Io): Promise<string> {
  if (path === "-") return await io.readStdin();
  try {
    return await readFile(resolve(io.cwd, path), "utf8");
  } catch (error) {
    throw new CommandError(`cannot read ${path}: ${messageOf(error)}`);
  }
}

async function documentsOf(files: readonly string[], io: Io): Promise<SourceDocument[]> {
  const documents: SourceDocument[] = [];
  for (const file of files)
    documents.push(...readDocuments(await readInput(file, io), file === "-" ? "stdin" : file));
  if (documents.length === 0) throw new CommandError(`nothing in ${files.join(", ")}`);
  return documents;
}

async function workOn(document: SourceDocument, batch: Batch, io: Io): Promise<string> {
  try {
    const { title, word } = await batch.work(decodeDocument(document, batch.desc));
    io.stdout(`${printable(title)} ${word}\n`);
    return word;
  } catch (error) {
    for (const line of await complaint(error)) io.stderr(`${document.label}: ${printable(line)}\n`);
    return "failed";
  }
}

function decodeDocument({ source, fault }: SourceDocument, desc: DescMessage): Decoded {
  if (fault !== undefined) throw new CommandError(fault);
  const decoded = decode(desc, source);
  if (decoded.problems.length === 0) return decoded;
  throw new CommandError(decoded.problems.map(problemLine).join("\n"));
}

async function complaint(error: unknown): Promise<string[]> {
  if (error instanceof CommandError) return error.message.split("\n");
  if (!(error instanceof CallError)) throw error;
  const { failureLines, isRefusal, isUnreachable } = await import("./failure.ts");
  if (isRefusal(error) || isUnreachable(error)) throw error;
  return failureLines(error);
}
