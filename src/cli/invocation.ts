// What a person typed after the verb, as a request.
import type { DescMethod, Message } from "@bufbuild/protobuf";
import { type Decoded, decode, problemLine } from "./document/decode.ts";
import { scalar, type Source } from "./document/source.ts";
import { UsageError } from "./errors.ts";
import { flagsSource } from "./flag-source.ts";
import type { Flag, FlagValue } from "./flags.ts";
import { requestShape } from "./shape.ts";

/** A command line after parsing. */
export interface Invocation {
  /** The words after the verb. */
  readonly words: readonly string[];
  readonly flags: readonly (readonly [Flag, FlagValue])[];
  /** Of `-f`; empty if not given. */
  readonly files: readonly string[];
  readonly dryRun: boolean;
  readonly yes: boolean;
  /** Undefined for no limit. */
  readonly limit: number | undefined;
}

/** The request of a method that takes its fields as flags. Throws UsageError. */
export function requestOf(method: DescMethod, { words, flags }: Invocation, now: Date): Message {
  const { argument } = requestShape(method);
  const source = flagsSource(flags, now);
  if (!argument || words.length === 0) return checked(decode(method.input, source)).message;
  const items = words.map(scalar);
  const value: Source =
    argument.fieldKind === "list" ? { kind: "list", items } : scalar(words[0] ?? "");
  const entries = source.kind === "map" ? source.entries : [];
  const whole: Source = { kind: "map", entries: [[argument.name, value], ...entries] };
  return checked(decode(method.input, whole)).message;
}

/** The entity that flags describe. Throws UsageError. */
export function entityFromFlags(method: DescMethod, { flags }: Invocation, now: Date): Decoded {
  const { entity } = requestShape(method);
  if (!entity) throw new TypeError(`${method.name} takes no entity`);
  return checked(decode(entity.message, flagsSource(flags, now)));
}

function checked(decoded: Decoded): Decoded {
  if (decoded.problems.length === 0) return decoded;
  throw new UsageError(decoded.problems.map(problemLine).join("\n"));
}
