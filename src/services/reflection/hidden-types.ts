// Finds the messages and enums that only hidden RPCs need: they tell what a caller may not know.
import type { DescEnum, DescFile, DescMessage, DescMethod } from "@bufbuild/protobuf";
import { nestedTypes } from "@bufbuild/protobuf/reflect";

/** A message or enum that is not declared in another message. */
type TopLevel = DescMessage | DescEnum;

/** The RPCs of one schema, divided by what a caller may call. */
export interface Division {
  readonly shown: readonly DescMethod[];
  readonly hidden: readonly DescMethod[];
}

/**
 * The full names of the top-level types in `files` that are used, directly or not, by hidden RPCs, and by nothing
 * else that is served: neither by shown RPCs nor by extensions nor by types that no RPC uses.
 */
export function hiddenTypes(files: readonly DescFile[], rpcs: Division): ReadonlySet<string> {
  const suspects = reach(rpcs.hidden.flatMap(messagesOf));
  const independent = files.flatMap(topLevelTypes).filter((type) => !suspects.has(type));
  const extending = files.flatMap(extensionTypes);
  const needed = reach([...rpcs.shown.flatMap(messagesOf), ...independent, ...extending]);
  return new Set([...suspects].filter((type) => !needed.has(type)).map((type) => type.typeName));
}

const messagesOf = ({ input, output }: DescMethod): DescMessage[] => [input, output];

const topLevelTypes = ({ messages, enums }: DescFile): TopLevel[] => [...messages, ...enums];

/** What extensions in `file` extend, what they hold, and where they are declared. */
function extensionTypes(file: DescFile): TopLevel[] {
  return [...nestedTypes(file)].flatMap((type) => {
    if (type.kind !== "extension") return [];
    const involved = [type.extendee, type.message, type.enum, type.parent];
    return involved.filter((one) => one !== undefined);
  });
}

/** `roots` and everything their fields lead to, each as its top-level type. */
function reach(roots: readonly TopLevel[]): Set<TopLevel> {
  const reached = new Set<TopLevel>();
  const waiting = [...roots];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const type = topLevelOf(next);
    if (reached.has(type)) continue;
    reached.add(type);
    waiting.push(...fieldTypes(type));
  }
  return reached;
}

function topLevelOf(type: TopLevel): TopLevel {
  return type.parent === undefined ? type : topLevelOf(type.parent);
}

function fieldTypes(type: TopLevel): TopLevel[] {
  if (type.kind === "enum") return [];
  const declared = [type, ...nestedTypes(type)].filter((one) => one.kind === "message");
  const types = declared.flatMap(({ fields }) =>
    fields.map((field) => field.enum ?? field.message),
  );
  return types.filter((one) => one !== undefined);
}
