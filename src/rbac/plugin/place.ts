// Where something is written, in the form editors and terminals turn into a link.
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { DescFile, DescMethod } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema, ServiceDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";

/** A spot in a proto. Line and column count from 1; both are 0 if the descriptor has no source information. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

const { service: serviceField, options: optionsField } = FileDescriptorProtoSchema.field;
const { method: methodField } = ServiceDescriptorProtoSchema.field;

/** Path of an rpc within its file's descriptor. */
export function methodPath(method: DescMethod): readonly number[] {
  const service = method.parent;
  return [
    serviceField.number,
    service.file.services.indexOf(service),
    methodField.number,
    service.methods.indexOf(method),
  ];
}

/** Path of one value of a repeated file option. */
export function fileOptionPath(option: number, index: number): readonly number[] {
  return [optionsField.number, option, index];
}

/**
 * The place of `path` in `file`. Descriptors name files relative to their buf module: the first of `roots` that has
 * the file is put in front, or the first root if none has it.
 */
export function placeOf(file: DescFile, path: readonly number[], roots: readonly string[]): Place {
  const wanted = path.join();
  const location = file.proto.sourceCodeInfo?.location.find((one) => one.path.join() === wanted);
  const [line = -1, column = -1] = location?.span ?? [];
  return { file: rooted(file.proto.name, roots), line: line + 1, column: column + 1 };
}

function rooted(name: string, roots: readonly string[]): string {
  const root = roots.find((candidate) => existsSync(join(candidate, name))) ?? roots[0] ?? "";
  return join(root, name);
}

/** "proto/metal/v1/ip.proto:12:3", or the file alone if the line is unknown. */
export function exactly({ file, line, column }: Place): string {
  return line === 0 ? file : `${file}:${line}:${column}`;
}

/** "proto/metal/v1/ip.proto:12", or the file alone if the line is unknown. */
export function lineOf({ file, line }: Place): string {
  return line === 0 ? file : `${file}:${line}`;
}
