// What an update makes of a stored message: the fields that were sent, or those that a field mask names.
import { type DescField, type DescMessage, type MessageShape } from "@bufbuild/protobuf";
import { type ReflectMessage, reflect } from "@bufbuild/protobuf/reflect";
import { invalid } from "./errors.ts";

/**
 * Changes `target` as `source` asks. Without paths every field that is set in `source` is taken over: messages field
 * by field, lists and maps as a whole. With paths exactly the fields they name are taken over, unset ones being
 * cleared (google.protobuf.FieldMask, as AIP-134 uses it). Throws invalid_argument for a path that does not exist.
 */
export function merge<S extends DescMessage>(
  schema: S,
  target: MessageShape<S>,
  source: { readonly message: MessageShape<S>; readonly paths: readonly string[] },
): void {
  const [to, from] = [reflect(schema, target), reflect(schema, source.message)];
  if (source.paths.length === 0) takeSet(to, from);
  for (const path of source.paths) takePath(to, from, { path, names: path.split(".") });
}

function takeSet(to: ReflectMessage, from: ReflectMessage): void {
  for (const field of from.fields) {
    if (!from.isSet(field)) continue;
    if (isStructure(field) && to.isSet(field)) takeSet(to.get(field), from.get(field));
    else to.set(field, from.get(field));
  }
}

/** A message with fields of its own; google.protobuf's messages are values: half a timestamp is none. */
function isStructure(field: DescField): field is DescField & { readonly fieldKind: "message" } {
  return field.fieldKind === "message" && !field.message.typeName.startsWith("google.protobuf.");
}

function takePath(
  to: ReflectMessage,
  from: ReflectMessage,
  { path, names: [name = "", ...rest] }: { path: string; names: readonly string[] },
): void {
  const field = fieldNamed(to.desc, name);
  if (field === undefined) throw invalid(`update_mask: no field "${path}"`);
  if (rest.length === 0) return takeWhole(to, from, field);
  if (field.fieldKind !== "message") throw invalid(`update_mask: no field "${path}"`);
  if (!to.isSet(field)) to.set(field, reflect(field.message));
  takePath(to.get(field), from.get(field), { path, names: rest });
}

function fieldNamed(desc: DescMessage, name: string): DescField | undefined {
  return desc.fields.find((field) => field.name === name || field.jsonName === name);
}

function takeWhole(to: ReflectMessage, from: ReflectMessage, field: DescField): void {
  if (from.isSet(field)) to.set(field, from.get(field));
  else to.clear(field);
}
