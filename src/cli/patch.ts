// Compares entities and carries single fields from one to another. A path names fields by their proto names, through
// messages but not into lists and maps: "boot_config.kernel_url", "labels".
import { clone, type DescField, type DescMessage, equals, type Message } from "@bufbuild/protobuf";
import { type ReflectMessage, reflect } from "@bufbuild/protobuf/reflect";
import { isNested } from "./shape.ts";

/** Fields that the server sets: a file that has other values for them asks for nothing. */
export const serverSet: ReadonlySet<string> = new Set([
  "created",
  "changed",
  "created_time",
  "updated_time",
  "used",
  "used_by",
  "consumption",
]);

/** The paths at which two messages differ, in the proto's order; those of `serverSet` and `except` left out. */
export function differences(
  desc: DescMessage,
  [before, after]: readonly [Message, Message],
  except: ReadonlySet<string> = new Set(),
): string[] {
  return within(reflect(desc, before), reflect(desc, after), "").filter(
    (path) => !except.has(path),
  );
}

/** A copy of `base` with the values that `changes` has at `paths`, also where that is no value. */
export function merged(
  desc: DescMessage,
  [base, changes]: readonly [Message, Message],
  paths: readonly string[],
): Message {
  const result = clone(desc, base);
  for (const path of paths) copyField(path, reflect(desc, changes), reflect(desc, result));
  return result;
}

/** The text or number at a path; undefined if there is none. */
export function valueAt(desc: DescMessage, message: Message, path: string): unknown {
  const found = parentOf(reflect(desc, message), path);
  return found?.parent.isSet(found.field) ? found.parent.get(found.field) : undefined;
}

/** Sets or clears the value at a path, in place. */
export function setValue(message: ReflectMessage, path: string, value: unknown): void {
  const { parent, field } = ensured(message, path);
  if (value === undefined) return parent.clear(field);
  parent.set(field, value);
}

function within(before: ReflectMessage, after: ReflectMessage, prefix: string): string[] {
  return before.fields
    .filter((field) => !serverSet.has(field.name))
    .filter((field) => before.isSet(field) || after.isSet(field))
    .flatMap((field) => differenceAt(field, [before, after], `${prefix}${field.name}`));
}

function differenceAt(
  field: DescField,
  [before, after]: readonly [ReflectMessage, ReflectMessage],
  path: string,
): string[] {
  if (isNested(field)) return within(before.get(field), after.get(field), `${path}.`);
  return equals(before.desc, only(before, field), only(after, field)) ? [] : [path];
}

function only(message: ReflectMessage, field: DescField): Message {
  const result = reflect(message.desc);
  if (message.isSet(field)) result.set(field, message.get(field));
  return result.message;
}

function copyField(path: string, from: ReflectMessage, to: ReflectMessage): void {
  const source = parentOf(from, path);
  const isThere = source?.parent.isSet(source.field);
  setValue(to, path, isThere ? source?.parent.get(source.field) : undefined);
}

interface Spot {
  readonly parent: ReflectMessage;
  readonly field: DescField;
}

function parentOf(message: ReflectMessage, path: string): Spot | undefined {
  const [first = "", ...rest] = path.split(".");
  const field = fieldNamed(message, first);
  if (rest.length === 0) return { parent: message, field };
  if (!isNested(field) || !message.isSet(field)) return undefined;
  return parentOf(message.get(field), rest.join("."));
}

function ensured(message: ReflectMessage, path: string): Spot {
  const [first = "", ...rest] = path.split(".");
  const field = fieldNamed(message, first);
  if (rest.length === 0 || !isNested(field)) return { parent: message, field };
  if (!message.isSet(field)) message.set(field, reflect(field.message));
  return ensured(message.get(field), rest.join("."));
}

function fieldNamed(message: ReflectMessage, name: string): DescField {
  const field = message.fields.find((candidate) => candidate.name === name);
  if (!field) throw new RangeError(`no field "${name}" in ${message.desc.typeName}`);
  return field;
}
