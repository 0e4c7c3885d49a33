// Messages with a value in every field, whatever their type, so that a new kind of entity is tested without a word.
import {
  create,
  type DescField,
  type DescMessage,
  type MessageInitShape,
  type MessageShape,
  ScalarType,
} from "@bufbuild/protobuf";

/** Messages within messages are filled so far; some contain themselves. */
const deepest = 4;

/** A message of the type in which every field has a value, those of `values` the one given. */
export function filled<S extends DescMessage>(
  schema: S,
  values: MessageInitShape<S> | Record<string, unknown> = {},
): MessageShape<S> {
  return create(schema, { ...fields(schema, 1), ...values } as MessageInitShape<S>);
}

function fields(schema: DescMessage, depth: number): Record<string, unknown> {
  const entries = schema.members.map((member) => {
    if (member.kind === "field") return [member.localName, value(member, depth)];
    const [first] = member.fields;
    return [member.localName, first && { case: first.localName, value: value(first, depth) }];
  });
  return Object.fromEntries(entries.filter(([, each]) => each !== undefined));
}

function value(field: DescField, depth: number): unknown {
  switch (field.fieldKind) {
    case "scalar":
      return scalar(field.scalar, field.name);
    case "enum":
      return field.enum.values.at(-1)?.number;
    case "message":
      return message(field.message, depth);
    case "list":
      return [single(field, depth)].filter((each) => each !== undefined);
    case "map":
      return field.mapKey === ScalarType.STRING ? { [field.name]: single(field, depth) } : {};
  }
}

type Several = Extract<DescField, { fieldKind: "list" | "map" }>;

function single(field: Several, depth: number): unknown {
  if (field.message !== undefined) return message(field.message, depth);
  if (field.enum !== undefined) return field.enum.values.at(-1)?.number;
  return scalar(field.scalar ?? ScalarType.STRING, field.name);
}

const message = (schema: DescMessage, depth: number): unknown =>
  depth < deepest ? create(schema, fields(schema, depth + 1)) : undefined;

const big: ReadonlySet<ScalarType> = new Set([
  ScalarType.INT64,
  ScalarType.UINT64,
  ScalarType.SINT64,
  ScalarType.FIXED64,
  ScalarType.SFIXED64,
]);

function scalar(type: ScalarType, name: string): unknown {
  if (big.has(type)) return 3n;
  if (type === ScalarType.STRING) return `a ${name}`;
  if (type === ScalarType.BYTES) return new Uint8Array([1, 2, 3]);
  return type === ScalarType.BOOL ? true : 3;
}
