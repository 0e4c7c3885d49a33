// The generator as a function: descriptors in; the rule table and what belongs to it out, or a list of everything
// that is wrong with the rules.
import { create } from "@bufbuild/protobuf";
import { type CodeGeneratorRequest, CodeGeneratorResponseSchema } from "@bufbuild/protobuf/wkt";
import { createEcmaScriptPlugin, type Plugin, type Schema } from "@bufbuild/protoplugin";
import { checkForeign, checkRule } from "./check.ts";
import { findOptions, optionsPath } from "./option.ts";
import { type Parameters, parseParameters } from "./parameter.ts";
import { printGate } from "./print-gate.ts";
import { printJson } from "./print-json.ts";
import { printMapping } from "./print-mapping.ts";
import { printRules } from "./print-rules.ts";
import { describe } from "./problem.ts";
import { read } from "./read.ts";
import { type CheckedRule, checkedRules } from "./rule.ts";

const unknownOptions = `no proto of this run imports "${optionsPath}", so no rule can be found; import it and state a role on every rpc`;

const partialRun = `asked to generate a part of the protos, without "${optionsPath}", but a table of rules must be whole; set "strategy: all" for this plugin in buf.gen.yaml, run buf generate without --path, and set "include_imports: true" if the options come from a dependency`;

const wrongTarget = `writes TypeScript only; set "target=ts" for this plugin in buf.gen.yaml`;

/** Nothing may be written. The message is what a developer reads. */
class Rejection extends Error {}

/**
 * The rules of all files to generate. Throws if any is wrong, with all that is.
 *
 * The file with our options must be one of those to generate. Under strategy "directory" buf calls the plugin once
 * for each directory, and at most one of these calls has that file; so a part never passes for the whole. Protos
 * that buf.gen.yaml excludes are never seen here: mounting a service without rules is refused at start-up.
 */
function collectRules(schema: Schema<Parameters>): readonly CheckedRule[] {
  const { files, allFiles } = schema;
  const options = findOptions(allFiles);
  if (options === undefined) throw new Rejection(unknownOptions);
  if (!files.includes(options.file)) throw new Rejection(partialRun);
  const reading = read({ files, allFiles, options, roots: schema.options.sourceRoots });
  const problems = [
    ...reading.statements.flatMap(checkRule),
    ...reading.entries.flatMap(checkForeign),
  ];
  if (problems.length > 0) throw new Rejection(describe(problems));
  return checkedRules(reading.statements);
}

function generateTs(schema: Schema<Parameters>): void {
  const { targets, runtime, importExtension } = schema.options;
  if (targets.join() !== "ts") throw new Rejection(wrongTarget);
  const style = { runtime, extension: importExtension === "none" ? "" : `.${importExtension}` };
  const rules = collectRules(schema);
  const json = printJson(rules);
  const outputs = {
    "rules.ts": printRules(rules, json, style),
    "gate.ts": printGate(style),
    "rules.json": json,
    "role-mapping.md": printMapping(rules),
  };
  for (const [name, text] of Object.entries(outputs)) {
    schema.generateFile(name).print(text.trimEnd());
  }
}

const generator = createEcmaScriptPlugin<Parameters>({
  name: "protoc-gen-rbac",
  version: "v1",
  parseOptions: parseParameters,
  generateTs,
});

function run(request: CodeGeneratorRequest) {
  try {
    return generator.run(request);
  } catch (error) {
    if (!(error instanceof Rejection)) throw error;
    return create(CodeGeneratorResponseSchema, { error: error.message });
  }
}

/** For protoc and buf. If anything is wrong with a rule, the response is an error without files. */
export const plugin: Plugin = { name: generator.name, version: generator.version, run };
