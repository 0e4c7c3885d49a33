// Finds our options among the files of a run, by full name. Field numbers prove nothing: another's
// extension may use the same ones.
import { createRegistry, type DescFile, type Registry } from "@bufbuild/protobuf";
import { definesOptions } from "../options-file.ts";

/** The path other protos import. */
export const optionsPath = "metal/rbac/v1/rbac.proto";

const foreignRuleName = "metal.rbac.v1.foreign_rule";

/** Our options in one run. */
export interface Options {
  /** The file that defines them. */
  readonly file: DescFile;
  /** Knows our extensions and nobody else's. */
  readonly registry: Registry;
  /** Field number of foreign_rule. */
  readonly foreignRule: number;
}

/** Our options, or undefined if no file of the run defines them. */
export function findOptions(files: readonly DescFile[]): Options | undefined {
  const file = files.find(definesOptions);
  if (file === undefined) return undefined;
  const registry = createRegistry(file);
  return { file, registry, foreignRule: registry.getExtension(foreignRuleName)?.number ?? 0 };
}
