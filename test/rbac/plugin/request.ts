// Calls the plugin in this process, as buf would call it.
import { create, fromBinary } from "@bufbuild/protobuf";
import {
  CodeGeneratorRequestSchema,
  type CodeGeneratorResponse,
  FileDescriptorSetSchema,
} from "@bufbuild/protobuf/wkt";
import { plugin } from "../../../src/rbac/plugin/plugin.ts";

const standardParameter = "target=ts,import_extension=ts,runtime=../../rbac,source_root=proto";

/** Asks for every file of these descriptor sets but Google's; a file that is in several counts once. */
export function callPlugin(
  sets: readonly Uint8Array[],
  parameter: string = standardParameter,
): CodeGeneratorResponse {
  const all = sets.flatMap((bytes) => fromBinary(FileDescriptorSetSchema, bytes).file);
  const files = new Map(all.map((file) => [file.name, file]));
  const names = [...files.keys()].filter((name) => !name.startsWith("google/protobuf/"));
  return plugin.run(
    create(CodeGeneratorRequestSchema, {
      parameter,
      fileToGenerate: names,
      protoFile: [...files.values()],
    }),
  );
}

/** The content of one output; throws with the plugin's error if there is none. */
export function output(response: CodeGeneratorResponse, name: string): string {
  const file = response.file.find((candidate) => candidate.name === name);
  if (!file) throw new Error(response.error || `no output "${name}"`);
  return file.content;
}
