// Reads options as JSON: by full name, enum values by their names, and without generated code.
import type { DescFile, DescMessage, DescMethod, MessageShape } from "@bufbuild/protobuf";
import { type JsonObject, type JsonValue, toJson } from "@bufbuild/protobuf";
import { FileOptionsSchema, MethodOptionsSchema } from "@bufbuild/protobuf/wkt";
import type { Options } from "./option.ts";
import type { Wording } from "./statement.ts";

/** A foreign_rule as it is written. */
export interface ForeignWording {
  /** As written, "package.Service/Method". */
  readonly rpc: string;
  readonly wording: Wording;
}

/** What is read from a proto that cannot name our options: nothing. */
export const silent: Wording = {
  role: undefined,
  auditLevel: undefined,
  because: "",
  reason: false,
  components: [],
  scope: "",
  read: false,
};

/** What the options of an rpc say. The rpc's proto must be one that can name our options. */
export function methodWording(method: DescMethod, options: Options): Wording {
  const written = asJson(MethodOptionsSchema, method.proto.options, options);
  const option = (name: string) => written[`[metal.rbac.v1.${name}]`];
  return {
    ...auditWording(option("audit")),
    role: word(option("min_role")),
    reason: option("reason") === true,
    components: list(option("components")).map((name) => text(name) ?? ""),
    scope: text(option("scope")) ?? "",
    read: false,
  };
}

/** The foreign rules of a file, in the order they are written. The file must be one that can name our options. */
export function foreignWordings(file: DescFile, options: Options): readonly ForeignWording[] {
  const written = asJson(FileOptionsSchema, file.proto.options, options);
  return list(written["[metal.rbac.v1.foreign_rule]"]).map(foreignWording);
}

function foreignWording(value: JsonValue): ForeignWording {
  const entry = object(value);
  return {
    rpc: text(entry.procedure) ?? "",
    wording: {
      ...silent,
      ...auditWording(entry.audit),
      role: word(entry.minRole) ?? "ROLE_UNSPECIFIED",
      read: entry.read === true,
    },
  };
}

function auditWording(value: JsonValue | undefined): Pick<Wording, "auditLevel" | "because"> {
  const audit = object(value);
  return { auditLevel: word(audit.level), because: text(audit.because) ?? "" };
}

function asJson<Desc extends DescMessage>(
  schema: Desc,
  message: MessageShape<Desc> | undefined,
  { registry }: Options,
): JsonObject {
  return message === undefined ? {} : object(toJson(schema, message, { registry }) as JsonValue);
}

/** Text, or the number of an enum value that has no name. */
function word(value: JsonValue | undefined): string | undefined {
  return typeof value === "number" ? `${value}` : text(value);
}

function text(value: JsonValue | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function list(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? value : [];
}

function object(value: JsonValue | undefined): JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value : {};
}
