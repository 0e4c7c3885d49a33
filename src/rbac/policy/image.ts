// A policy from descriptors: a buf image, or any FileDescriptorSet with its imports. It tells more than rules.json
// does: which answers hold secrets.
import { createFileRegistry, type DescFile, fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { findOptions, optionsPath } from "../plugin/option.ts";
import { read } from "../plugin/read.ts";
import { type CheckedRule, checkedRules } from "../plugin/rule.ts";
import { lineOf } from "../plugin/place.ts";
import { type Policy, PolicyError, type PolicyRule, roleOf } from "./policy.ts";
import { createSecretFinder } from "./secret.ts";

/** Reads a FileDescriptorSet in binary form, as `buf build -o image.binpb` writes it. Throws PolicyError. */
export function policyOfImage(bytes: Uint8Array, name: string): Policy {
  return policyOfFiles(filesOf(bytes, name), name);
}

/**
 * The policy that `files` state. RPCs without a rule are left out: nobody may call them. Throws PolicyError that begins
 * with `name` if the files do not have our options, or state a role that is none.
 */
export function policyOfFiles(files: readonly DescFile[], name: string): Policy {
  const options = findOptions(files);
  if (options === undefined) throw new PolicyError(`${name}: no proto imports ${optionsPath}`);
  const { statements } = read({ files, allFiles: files, options, roots: [] });
  const ruled = statements.filter(({ role }) => role !== undefined);
  const secretsOf = createSecretFinder(options.registry);
  const secrets = new Map(ruled.map(({ rpc, method }) => [rpc, secretsOf(method.output)]));
  return new Map(
    checkedRules(ruled).map((rule) => {
      const rpc = rule.procedure.slice(1);
      return [rpc, { ...ruleOf(rule, name), secrets: secrets.get(rpc) ?? [] }];
    }),
  );
}

function filesOf(bytes: Uint8Array, name: string): DescFile[] {
  try {
    return [...createFileRegistry(fromBinary(FileDescriptorSetSchema, bytes)).files];
  } catch (cause) {
    throw new PolicyError(`${name}: is no image of protos with their imports`, { cause });
  }
}

function ruleOf({ procedure, role, place, ...facts }: CheckedRule, name: string): PolicyRule {
  const minRole = roleOf(role);
  if (!minRole) throw new PolicyError(`${name}: ${procedure} needs "${role}", which is no role`);
  return { ...facts, minRole, source: lineOf(place) };
}
