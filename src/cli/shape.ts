// What a method looks like from the command line: its argument, its flags, and what its answer holds.
import {
  type DescField,
  type DescMethod,
  getOption,
  hasOption,
  ScalarType,
} from "@bufbuild/protobuf";
import { isRead } from "./rule.ts";
import { hasCustomJsonRepresentation } from "@bufbuild/protobuf/wkt";
import { field as fieldRules } from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";

/** A field that holds one message. */
export type MessageField = DescField & { readonly fieldKind: "message" };
/** A field that holds any number of values. */
export type ListField = DescField & { readonly fieldKind: "list" };

/** True for a field that has fields of its own, rather than being one value. */
export function isNested(field: DescField): field is MessageField {
  return field.fieldKind === "message" && !hasCustomJsonRepresentation(field.message);
}

/** The request of a method. */
export interface RequestShape {
  /** The field that the command takes as its argument: `id`, or the only text or list that is required. */
  readonly argument: DescField | undefined;
  /** The entity that a writing request wraps and its answer returns: its fields are flags, and files hold it. */
  readonly entity: MessageField | undefined;
  /** The other fields, which become flags too. The mask of an update is none of them: it follows from what is given. */
  readonly fields: readonly DescField[];
  /** The answer comes in pages. */
  readonly paged: boolean;
}

/** The answer of a method. At most one of the two is there; without either the answer itself is the result. */
export interface AnswerShape {
  /** The messages of a list. */
  readonly rows: ListField | undefined;
  /** The one message that the answer wraps. */
  readonly result: MessageField | undefined;
}

const paging: ReadonlySet<string> = new Set(["page_size", "page_token"]);

/** How the request of a method is filled. */
export function requestShape(method: DescMethod): RequestShape {
  const paged = isPaged(method);
  const entity = entityOf(method);
  const own = method.input.fields.filter(({ name }) => !(paged && paging.has(name)));
  const argument = entity || paged ? undefined : argumentOf(method, own);
  const fields = own.filter((field) => field !== argument && !(entity && belongs(field, entity)));
  return { argument, entity, fields, paged };
}

/** What the answer of a method holds. */
export function answerShape({ output }: DescMethod): AnswerShape {
  const fields = output.fields.filter(({ name }) => name !== "next_page_token");
  const only = fields.length === 1 ? fields[0] : undefined;
  return {
    rows: only?.fieldKind === "list" && only.listKind === "message" ? only : undefined,
    result: only?.fieldKind === "message" ? only : undefined,
  };
}

/** True for methods that the command line can call: all but those that take a stream of requests. */
export function isCallable(method: DescMethod): boolean {
  return method.methodKind === "unary" || method.methodKind === "server_streaming";
}

function isPaged({ input, output }: DescMethod): boolean {
  const asks = input.fields.filter(({ name }) => paging.has(name)).length === paging.size;
  return asks && output.fields.some(({ name }) => name === "next_page_token");
}

function entityOf(method: DescMethod): MessageField | undefined {
  if (isRead(method)) return undefined;
  const { result } = answerShape(method);
  return method.input.fields.filter(isNested).find(({ message }) => message === result?.message);
}

function belongs(field: DescField, entity: MessageField): boolean {
  return field === entity || field.message?.typeName === "google.protobuf.FieldMask";
}

/** An id among other things that a read does not demand is a filter, and so a flag. */
function argumentOf(method: DescMethod, fields: readonly DescField[]): DescField | undefined {
  const required = fields.filter(isRequiredText);
  const id = fields.find(({ name, scalar }) => name === "id" && scalar === ScalarType.STRING);
  if (id && (fields.length === 1 || required.includes(id) || !isRead(method))) return id;
  return required.length === 1 ? required[0] : undefined;
}

function isRequiredText(field: DescField): boolean {
  if (field.scalar !== ScalarType.STRING || field.oneof || field.name === "reason") return false;
  if (!hasOption(field, fieldRules)) return false;
  const { type, required } = getOption(field, fieldRules);
  if (field.fieldKind === "list") return type.case === "repeated" && type.value.minItems > 0n;
  return required || (type.case === "string" && type.value.minLen > 0n);
}
