// Reads YAML and JSON text: many documents in a file, lists of entities, anchors and merge keys.
import type { Alias, Document, Node, Pair, ParsedNode, Scalar, YAMLMap } from "yaml";
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseAllDocuments } from "yaml";
import type { ScalarSource, Source } from "./source.ts";

/** One entity of a file, or why it could not be read. */
export interface SourceDocument {
  /** Where it stands: "sizes.yaml: document 2", with "item 3" if the document is a list. */
  readonly label: string;
  readonly source: Source;
  /** What is wrong with the text, with its line. The source is null then. */
  readonly fault?: string;
}

/** Aliases may repeat a value, but not build a tree of this depth: a file that does is broken or hostile. */
const maxDepth = 64;
/** Nor are so many values repeated: ten lines of aliases of aliases are billions. */
const maxRepeated = 100_000;

/** A document that is read. */
interface Reading {
  readonly document: Document;
  /** How many aliases stand around what is read. */
  aliases: number;
  /** How many values were read by way of one. */
  repeated: number;
}

const nothing: Source = { kind: "null" };

/**
 * The entities in `text`, in order. Empty documents are left out; a document that is a list counts as its items.
 * Never throws: what is not well-formed is returned with its fault.
 */
export function readDocuments(text: string, file: string): SourceDocument[] {
  const lines = new LineCounter();
  const options = { intAsBigInt: true, prettyErrors: false, lineCounter: lines } as const;
  const documents = parseAllDocuments(text, options);
  if (!Array.isArray(documents)) return [];
  return documents.flatMap((document, index) =>
    entitiesOf(document, `${file}: document ${index + 1}`, lines),
  );
}

function entitiesOf(
  document: Document.Parsed<ParsedNode>,
  label: string,
  lines: LineCounter,
): SourceDocument[] {
  const [error] = document.errors;
  if (error) {
    const { line } = lines.linePos(error.pos[0]);
    return [{ label, source: nothing, fault: `line ${line}: ${lowerFirst(error.message)}` }];
  }
  try {
    return split(fromNode(document.contents, { document, aliases: 0, repeated: 0 }, 0), label);
  } catch (fault) {
    return [{ label, source: nothing, fault: fault instanceof Error ? fault.message : "" }];
  }
}

function split(source: Source, label: string): SourceDocument[] {
  if (source.kind === "null") return [];
  if (source.kind !== "list") return [{ label, source }];
  return source.items.map((item, index) => ({ label: `${label} item ${index + 1}`, source: item }));
}

function fromNode(node: unknown, reading: Reading, depth: number): Source {
  if (depth > maxDepth) throw new RangeError(`nested deeper than ${maxDepth} levels`);
  if (reading.aliases > 0) reading.repeated += 1;
  if (reading.repeated > maxRepeated)
    throw new RangeError(`aliases repeat more than ${maxRepeated} values`);
  if (isAlias(node)) return fromAlias(node, reading, depth);
  if (isScalar(node)) return fromScalar(node);
  if (isSeq(node))
    return { kind: "list", items: node.items.map((item) => fromNode(item, reading, depth + 1)) };
  if (isMap(node)) return fromMap(node, reading, depth);
  return nothing;
}

function fromAlias(node: Alias, reading: Reading, depth: number): Source {
  reading.aliases += 1;
  const source = fromNode(node.resolve(reading.document), reading, depth + 1);
  reading.aliases -= 1;
  return source;
}

function fromScalar(node: Scalar): Source {
  const value = node.value as ScalarSource["value"] | null | undefined;
  if (value === null || value === undefined) return nothing;
  if (typeof value === "string") return { kind: "scalar", text: value, value };
  return { kind: "scalar", text: node.source ?? String(value), value };
}

function fromMap(node: YAMLMap, reading: Reading, depth: number): Source {
  const entries = new Map<string, Source>();
  const merged = node.items.filter(isMerge);
  for (const { value } of merged)
    for (const [key, inherited] of mergedEntries(fromNode(value, reading, depth + 1)))
      entries.set(key, inherited);
  for (const { key, value } of node.items.filter((item) => !isMerge(item)))
    entries.set(keyText(key), fromNode(value, reading, depth + 1));
  return { kind: "map", entries: [...entries] };
}

function isMerge({ key }: Pair): boolean {
  return isScalar(key) && key.value === "<<" && key.type === "PLAIN";
}

/** YAML 1.1, merge key: of several mappings the first wins. */
function mergedEntries(source: Source): readonly (readonly [string, Source])[] {
  if (source.kind === "map") return source.entries;
  if (source.kind === "list") return source.items.toReversed().flatMap(mergedEntries);
  return [];
}

function keyText(key: unknown): string {
  const source = isScalar(key) ? fromScalar(key) : nothing;
  return source.kind === "scalar" ? source.text : String(key as Node | null);
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
