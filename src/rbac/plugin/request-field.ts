// Follows a path of field names into a request message.
import { type DescField, type DescMessage, ScalarType } from "@bufbuild/protobuf";

/** Why `path` ("project", "machine.project") does not lead to one string in `message`; undefined if it does. */
export function notAString(message: DescMessage, path: string): string | undefined {
  const [name = "", ...rest] = path.split(".");
  const field = message.fields.find((candidate) => candidate.name === name);
  if (!field) return `${message.typeName} has no field "${name}"`;
  if (rest.length === 0) return isString(field) ? undefined : `"${name}" is not a singular string`;
  if (field.fieldKind !== "message") return `"${name}" is not a singular message`;
  return notAString(field.message, rest.join("."));
}

function isString(field: DescField): boolean {
  return field.fieldKind === "scalar" && field.scalar === ScalarType.STRING;
}
