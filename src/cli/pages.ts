// Collects a list that comes in pages.
import { clone, type DescField, getOption, hasOption, type Message } from "@bufbuild/protobuf";
import { isReflectMessage, type ReflectMessage, reflect } from "@bufbuild/protobuf/reflect";
import { field as fieldRules } from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";
import type { Api, Call } from "./api.ts";
import { setValue } from "./patch.ts";
import type { ListField } from "./shape.ts";

/** The items of all pages, or the first `limit` of them. Throws CallError. */
export async function allPages(
  call: Call,
  rows: ListField,
  {
    api,
    limit = Number.POSITIVE_INFINITY,
  }: { readonly api: Api; readonly limit?: number | undefined },
): Promise<Message[]> {
  const items: Message[] = [];
  let token: unknown = "";
  do {
    const request = pageRequest(call, token, limit - items.length);
    const answer = reflect(call.method.output, await api.unary({ ...call, request }));
    items.push(...rowsOf(answer, rows));
    token = valueNamed(answer, "next_page_token");
  } while (token !== "" && items.length < limit);
  return items.slice(0, limit);
}

/** The messages of a list field. */
export function rowsOf(answer: ReflectMessage, rows: ListField): Message[] {
  return [...answer.get(rows)].filter((row) => isReflectMessage(row)).map(({ message }) => message);
}

function pageRequest({ method, request }: Call, token: unknown, wanted: number): Message {
  const page = reflect(method.input, clone(method.input, request));
  const most = largestPage(page.fields.find(({ name }) => name === "page_size"));
  setValue(page, "page_size", Math.min(wanted, most));
  setValue(page, "page_token", token);
  return page.message;
}

/** The largest page that the proto allows; 0, the server's own choice, if it sets no limit. */
function largestPage(field: DescField | undefined): number {
  if (!field || !hasOption(field, fieldRules)) return 0;
  const { type } = getOption(field, fieldRules);
  return type.case === "int32" && type.value.lessThan.case === "lte"
    ? type.value.lessThan.value
    : 0;
}

function valueNamed(message: ReflectMessage, name: string): unknown {
  const field = message.fields.find((candidate) => candidate.name === name);
  return field ? message.get(field) : undefined;
}
