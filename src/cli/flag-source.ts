// What the texts of flags stand for. They become a source, which the codec of files reads, so that flags and files
// understand the same spellings.
import type { DescField } from "@bufbuild/protobuf";
import { scalar, type Source } from "./document/source.ts";
import { readDocuments } from "./document/yaml-source.ts";
import { UsageError } from "./errors.ts";
import type { Flag, FlagValue } from "./flags.ts";
import { durationSeconds, relativeTime } from "./time.ts";

/** The source of one flag's value. Throws UsageError if its form is wrong; `now` is what "1h" is before. */
function flagSource(flag: Flag, value: FlagValue, now: Date): Source {
  const { name, field } = flag;
  if (typeof value === "boolean") return { kind: "scalar", text: String(value), value };
  if (field.fieldKind === "list") return { kind: "list", items: value.flatMap(listItems(flag)) };
  if (field.fieldKind === "map") return { kind: "map", entries: value.flatMap(pairs(name)) };
  return singleSource(field, value.at(-1) ?? "", now);
}

function singleSource(field: DescField, text: string, now: Date): Source {
  const type = field.message?.typeName;
  if (type === undefined) return scalar(text);
  if (type === "google.protobuf.Timestamp") return scalar(relativeTime(text, now) ?? text);
  if (type === "google.protobuf.Duration") return scalar(protoDuration(text));
  return inline(text);
}

function protoDuration(text: string): string {
  const seconds = durationSeconds(text);
  return seconds === undefined ? text : `${seconds}s`;
}

function inline(text: string): Source {
  const [document] = readDocuments(text, "flag");
  if (document?.fault) throw new UsageError(`"${text}" is not YAML: ${document.fault}`);
  return document?.source ?? { kind: "null" };
}

function listItems({ name, field: { message } }: Flag): (text: string) => Source[] {
  if (message && message.fields.length !== 1) return (text) => messageItems(name, text);
  const only = message?.fields[0]?.name;
  return (text) => commaSeparated(text).map((item) => wrapped(only, scalar(item)));
}

function wrapped(only: string | undefined, source: Source): Source {
  return only === undefined ? source : { kind: "map", entries: [[only, source]] };
}

/** One message for each occurrence: "type=cores,min=4", or YAML as in "{type: cores, min: 4}". */
function messageItems(name: string, text: string): Source[] {
  if (text === "") return [];
  if (!/^\s*[{[]/.test(text)) return [{ kind: "map", entries: pairs(name)(text) }];
  const source = inline(text);
  return source.kind === "list" ? [...source.items] : [source];
}

function pairs(name: string): (text: string) => [string, Source][] {
  return (text) =>
    commaSeparated(text).map((pair) => {
      const at = pair.indexOf("=");
      if (at > 0) return [pair.slice(0, at), scalar(pair.slice(at + 1))];
      throw new UsageError(`--${name}: "${pair}" is not of the form key=value`);
    });
}

function commaSeparated(text: string): string[] {
  return text === "" ? [] : text.split(",").map((part) => part.trim());
}

/** One source for all flags that were given. */
export function flagsSource(given: readonly (readonly [Flag, FlagValue])[], now: Date): Source {
  const leaves = given.map(
    ([flag, value]): Leaf => ({
      path: flag.path.split("."),
      source: flagSource(flag, value, now),
    }),
  );
  return tree(leaves);
}

interface Leaf {
  readonly path: readonly string[];
  readonly source: Source;
}

function tree(leaves: readonly Leaf[]): Source {
  const groups = Map.groupBy(leaves, ({ path }) => path[0] ?? "");
  return { kind: "map", entries: [...groups].map(([name, group]) => [name, branch(group)]) };
}

function branch(group: readonly Leaf[]): Source {
  const [first] = group;
  if (first?.path.length === 1) return first.source;
  return tree(group.map(({ path, source }) => ({ path: path.slice(1), source })));
}
