// metal-stack's components are built with protos of their own: package, names, numbers and types of ours are those, or
// nobody understands them.
import { readFileSync } from "node:fs";
import { type DescField, type DescFile, ScalarType } from "@bufbuild/protobuf";
import { expect, test } from "@jest/globals";
import { file_api_v1_boot } from "../../gen/api/v1/boot_pb.ts";
import { file_api_v1_event } from "../../gen/api/v1/event_pb.ts";

const files: readonly DescFile[] = [file_api_v1_boot, file_api_v1_event];
const told = readFileSync(new URL("wire.txt", import.meta.url), "utf8");

function linesOf({ messages, services }: DescFile): string[] {
  return [
    ...messages.map(({ name, fields }) => `${name}: ${fields.map(wordsOf).join(", ")}`.trimEnd()),
    ...services.flatMap(({ name, methods }) =>
      methods.map(
        ({ name: rpc, methodKind, input, output }) =>
          `${name}/${rpc}: ${input.name} ${methodKind} ${output.name}`,
      ),
    ),
  ];
}

function wordsOf(field: DescField): string {
  const many = field.fieldKind === "list" ? "*" : "";
  const optional = field.proto.proto3Optional ? "?" : "";
  return `${field.name} ${field.number} ${typeOf(field)}${many}${optional}`;
}

function typeOf(field: DescField): string {
  if (field.fieldKind === "map")
    return `map<${scalar(field.mapKey)},${field.message?.name ?? scalar(field.scalar)}>`;
  return field.message?.name ?? scalar(field.scalar);
}

const scalar = (type: ScalarType | undefined): string =>
  type === undefined ? "enum" : ScalarType[type].toLowerCase();

test("boot and events are the messages and RPCs that metal-stack's components speak, no more and no less", () => {
  const lines = told.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  expect(files.flatMap(linesOf).sort()).toEqual(lines.sort());
});

test("they are in the package that metal-stack's components call", () => {
  expect(files.map(({ proto }) => proto.package)).toEqual(["api.v1", "api.v1"]);
});
