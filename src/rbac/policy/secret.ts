// Finds the fields of a message that are marked secret, at any depth.
import { type DescField, type DescMessage, type Registry, toJson } from "@bufbuild/protobuf";
import { FieldOptionsSchema } from "@bufbuild/protobuf/wkt";

/** The paths of a message's secret fields by their proto names: "machine.allocation.user_data". */
export type SecretFinder = (message: DescMessage) => string[];

/** A finder for the option that `registry` knows. A type within itself is followed once. */
export function createSecretFinder(registry: Registry): SecretFinder {
  const known = new Map<DescField, boolean>();
  const isSecret = (field: DescField): boolean => {
    const answer = known.get(field) ?? marked(field, registry);
    known.set(field, answer);
    return answer;
  };
  const pathsIn = (message: DescMessage, within: readonly DescMessage[]): string[] => {
    if (within.includes(message)) return [];
    return message.fields.flatMap((field) => {
      if (isSecret(field)) return [field.name];
      const inner = field.message ? pathsIn(field.message, [...within, message]) : [];
      return inner.map((path) => `${field.name}.${path}`);
    });
  };
  return (message) => pathsIn(message, []);
}

function marked({ proto }: DescField, registry: Registry): boolean {
  if (proto.options === undefined) return false;
  const options = toJson(FieldOptionsSchema, proto.options, { registry });
  return Object.entries(options ?? {}).some(
    ([name, value]) => name === "[metal.rbac.v1.secret]" && value === true,
  );
}
