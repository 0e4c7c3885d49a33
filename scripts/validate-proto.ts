// Prints buf/validate/validate.proto from the descriptor that @bufbuild/protovalidate ships compiled.
// Only what an importer needs is printed (names, numbers, types, extension ranges): the options on the
// rules themselves are evaluated from the compiled descriptor, so the printed file leaves them out.
import type { DescEnum, DescExtension, DescField, DescMessage } from "@bufbuild/protobuf";
import { ScalarType } from "@bufbuild/protobuf";
import { FieldDescriptorProto_Label } from "@bufbuild/protobuf/wkt";
import { file_buf_validate_validate } from "@bufbuild/protovalidate/gen/buf/validate/validate_pb.js";

const protobufMaximum = 536_870_911;

function scalarName(type: ScalarType): string {
  return ScalarType[type].toLowerCase();
}

function typeName(field: DescField | DescExtension): string {
  if (field.fieldKind === "map") return `map<${scalarName(field.mapKey)}, ${valueName(field)}>`;
  return valueName(field);
}

function valueName(field: DescField | DescExtension): string {
  if (field.message) return `.${field.message.typeName}`;
  if (field.enum) return `.${field.enum.typeName}`;
  return scalarName(field.scalar as ScalarType);
}

function label(field: DescField | DescExtension): string {
  if (field.kind === "field" && (field.fieldKind === "map" || field.oneof)) return "";
  return field.proto.label === FieldDescriptorProto_Label.REPEATED ? "repeated " : "optional ";
}

function fieldLine(field: DescField | DescExtension): string {
  return `${label(field)}${typeName(field)} ${field.name} = ${field.number};`;
}

function enumLines(desc: DescEnum): string[] {
  return [`enum ${desc.name} {`, ...desc.values.map((v) => `  ${v.name} = ${v.number};`), "}"];
}

function memberLines(message: DescMessage): string[] {
  return message.members.flatMap((member) =>
    member.kind === "oneof"
      ? [`oneof ${member.name} {`, ...member.fields.map((f) => `  ${fieldLine(f)}`), "}"]
      : [fieldLine(member)],
  );
}

function messageLines(message: DescMessage): string[] {
  const ranges = message.proto.extensionRange.map(
    ({ start, end }) => `extensions ${start} to ${end > protobufMaximum ? "max" : end - 1};`,
  );
  const body = [
    ...message.nestedEnums.flatMap(enumLines),
    ...message.nestedMessages.flatMap(messageLines),
    ...memberLines(message),
    ...ranges,
  ];
  return [`message ${message.name} {`, ...body.map((line) => `  ${line}`), "}"];
}

function extensionLines(extension: DescExtension): string[] {
  return [`extend .${extension.extendee.typeName} {`, `  ${fieldLine(extension)}`, "}"];
}

/** The text of buf/validate/validate.proto, proto2 syntax. */
export function validateProto(): string {
  const file = file_buf_validate_validate;
  return [
    "// Printed from the descriptor in the npm package @bufbuild/protovalidate.",
    "// Copyright Buf Technologies, Inc. Licensed under the Apache License, Version 2.0.",
    'syntax = "proto2";',
    `package ${file.proto.package};`,
    ...file.proto.dependency.map((path) => `import "${path}";`),
    ...file.extensions.flatMap(extensionLines),
    ...file.enums.flatMap(enumLines),
    ...file.messages.flatMap(messageLines),
    "",
  ].join("\n");
}
