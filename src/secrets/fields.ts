// Where a type of message holds secrets, by the option on its fields: texts that are to be sealed wherever they are kept.
import {
  type DescField,
  type DescMessage,
  getOption,
  type Message,
  ScalarType,
} from "@bufbuild/protobuf";
import { secret } from "../../gen/metal/rbac/v1/rbac_pb.ts";

/** The secret texts of a type of message. Empty if it cannot hold one. */
export type SecretFields = readonly SecretField[];

interface SecretField {
  /** As the field is called in TypeScript. */
  readonly name: string;
  readonly kind: "one" | "list" | "map";
  /** Where the secrets within its messages are; absent if it is secret itself. */
  readonly within?: SecretFields;
}

/** Turns the text of a field into another one; `path` names the field, as in "vpn.authKey". */
export type Turn = (text: string, path: string) => string;

const known = new Map<DescMessage, SecretFields>();

/** The secret fields of a type. Looked up once for each. */
export function secretFields(schema: DescMessage): SecretFields {
  const before = known.get(schema);
  if (before !== undefined) return before;
  // A type that contains itself is looked through once, with what it holds directly.
  known.set(schema, []);
  const found = schema.fields.flatMap((field) => fieldOf(field) ?? []);
  known.set(schema, found);
  return found;
}

function fieldOf(field: DescField): SecretField | undefined {
  const kind = field.fieldKind === "list" || field.fieldKind === "map" ? field.fieldKind : "one";
  const name = field.localName;
  if (field.oneof !== undefined) return undefined;
  if (getOption(field, secret) && field.scalar === ScalarType.STRING) return { name, kind };
  const within = field.message === undefined ? [] : secretFields(field.message);
  return within.length > 0 ? { name, kind, within } : undefined;
}

/** Whether any of the secrets is there. */
export function holdsAny(fields: SecretFields, message: Message): boolean {
  let found = false;
  turnSecrets(fields, message, (text) => {
    found ||= text !== "";
    return text;
  });
  return found;
}

/** Replaces every secret that is not empty, in place. */
export function turnSecrets(fields: SecretFields, message: Message, turn: Turn, above = ""): void {
  // To the types a message has no fields by name; its descriptor says which there are.
  const values = message as unknown as Record<string, unknown>;
  for (const field of fields) {
    const value = values[field.name];
    if (value === undefined || value === "") continue;
    const path = `${above}${field.name}`;
    if (field.kind === "one") values[field.name] = turned(field, value, [turn, path]);
    else turnEach(field, value as Record<string, unknown>, [turn, path]);
  }
}

function turnEach(
  field: SecretField,
  values: Record<string, unknown>,
  [turn, path]: Turning,
): void {
  for (const [key, value] of Object.entries(values))
    values[key] = turned(field, value, [turn, `${path}.${key}`]);
}

type Turning = readonly [turn: Turn, path: string];

function turned({ within }: SecretField, value: unknown, [turn, path]: Turning): unknown {
  if (within === undefined) return value === "" ? "" : turn(value as string, path);
  turnSecrets(within, value as Message, turn, `${path}.`);
  return value;
}
