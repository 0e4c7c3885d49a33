// What a person typed after the verb, as a request.
import type { DescMethod, Message } from "@bufbuild/protobuf";
import { reflect } from "@bufbuild/protobuf/reflect";
import { type Decoded, decode, type Problem } from "./document/decode.ts";
import { scalar, type Source } from "./document/source.ts";
import { UsageError } from "./errors.ts";
import { flagsSource } from "./flag-source.ts";
import type { Flag, FlagValue } from "./flags.ts";
import { type MessageField, requestShape } from "./shape.ts";

/** A command line after parsing. */
export interface Invocation {
  /** The words after the verb. */
  readonly words: readonly string[];
  readonly flags: readonly (readonly [Flag, FlagValue])[];
  /** Of `-f`; empty if not given. */
  readonly files: readonly string[];
  readonly dryRun: boolean;
  readonly yes: boolean;
  /** Do not end before what was asked for is of use. */
  readonly wait?: boolean;
  /** Undefined for no limit. */
  readonly limit: number | undefined;
}

/** What flags and the argument say, as a request. Throws UsageError. */
export function requestOf(method: DescMethod, { words, flags }: Invocation, now: Date): Message {
  return decoded(method, { words, flags, now }).message;
}

/** What flags say of an entity, and the request that they make up together. */
export interface Stated {
  readonly request: Message;
  readonly entity: Decoded;
}

/** What flags say of the entity that a request wraps. Throws UsageError. */
export function entityOf(method: DescMethod, { flags }: Invocation, now: Date): Stated {
  const field = entityField(method);
  const { message, given, problems } = decoded(method, { words: [], flags, now });
  const entity = {
    message: reflect(method.input, message).get(field).message,
    given: given
      .filter((path) => isOf(field, path))
      .map((path) => path.slice(field.name.length + 1)),
    problems,
  };
  return { request: message, entity };
}

/** True if a flag says something of the entity, and not of the request around it. */
export function isOfEntity(method: DescMethod, { path }: Flag): boolean {
  return isOf(entityField(method), path);
}

/** The field of a request that holds the entity. */
export function entityField(method: DescMethod): MessageField {
  const { entity } = requestShape(method);
  if (entity) return entity;
  throw new TypeError(`${method.name} takes no entity`);
}

function isOf({ name }: MessageField, path: string): boolean {
  return path.startsWith(`${name}.`);
}

interface Typed extends Pick<Invocation, "words" | "flags"> {
  readonly now: Date;
}

function decoded(method: DescMethod, { words, flags, now }: Typed): Decoded {
  const source = flagsSource(flags, now);
  const entries = source.kind === "map" ? source.entries : [];
  const whole: Source = { kind: "map", entries: [...argumentEntry(method, words), ...entries] };
  const result = decode(method.input, whole);
  if (result.problems.length === 0) return result;
  const named = flags.map(([flag]) => flag);
  throw new UsageError(result.problems.map((problem) => flagLine(problem, named)).join("\n"));
}

function argumentEntry(method: DescMethod, words: readonly string[]): [string, Source][] {
  const { argument } = requestShape(method);
  if (!argument || words.length === 0) return [];
  const items = words.map(scalar);
  const isList = argument.fieldKind === "list";
  return [[argument.name, isList ? { kind: "list", items } : scalar(words[0] ?? "")]];
}

/** The problem under the name of its flag: "--constraints[0].min: must be a whole number". */
function flagLine({ path, message }: Problem, flags: readonly Flag[]): string {
  const flag = flags.find(
    (one) =>
      path === one.path || (/^[.[]/.test(path.slice(one.path.length)) && path.startsWith(one.path)),
  );
  if (!flag) return `${path}: ${message}`;
  return `--${flag.name}${path.slice(flag.path.length)}: ${message}`;
}
