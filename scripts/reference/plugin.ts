// Writes what the protos say for people who read them elsewhere: a page for each proto, and words.json for the help of
// the command line. Comments are not part of descriptors at run time, so they are kept here.
import type { DescFile } from "@bufbuild/protobuf";
import { createEcmaScriptPlugin, type Schema } from "@bufbuild/protoplugin";
import { fieldName } from "../../src/cli/naming.ts";
import { sentencesOf } from "./comment.ts";
import { indexPage, protoPage, protoPath } from "./page.ts";

/** Packages of this API; those of others are documented by others. */
const packages = ["metal.v1", "api.v1"];

/** Comments of RPCs, "metal.v1.IPService/Get", and of fields, "metal.v1.IP.name", each on one line. */
function wordsOf(files: readonly DescFile[]): Record<string, string> {
  const methods = files.flatMap(({ services }) => services.flatMap((service) => service.methods));
  const fields = files.flatMap(({ messages }) => messages.flatMap((message) => message.fields));
  const words = [
    ...methods.map((method) => [`${method.parent.typeName}/${method.name}`, sentencesOf(method)]),
    ...fields.map((field) => [fieldName(field), sentencesOf(field)]),
  ];
  return Object.fromEntries(words);
}

function generateTs(schema: Schema): void {
  const files = schema.allFiles.filter(({ proto }) => packages.includes(proto.package));
  const pages = files.filter(
    ({ services, messages, enums }) => services.length + messages.length + enums.length > 0,
  );
  for (const file of pages) schema.generateFile(protoPath(file)).print(protoPage(file));
  schema.generateFile("README.md").print(indexPage(pages));
  schema.generateFile("words.json").print(JSON.stringify(wordsOf(files), undefined, 1));
}

/** For buf: pages in Markdown, and words.json. */
export const plugin = createEcmaScriptPlugin({
  name: "protoc-gen-reference",
  version: "v1",
  generateTs,
});
