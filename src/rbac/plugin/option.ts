// Finds our options among the files of a run, by full name. Field numbers prove nothing: another's
// extension may use the same ones.
import { createRegistry, type DescFile, type Registry } from "@bufbuild/protobuf";

/** The path other protos import. */
export const optionsPath = "metal/rbac/v1/rbac.proto";

const minRoleName = "metal.rbac.v1.min_role";
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
  const file = files.find(({ extensions }) =>
    extensions.some(({ typeName }) => typeName === minRoleName),
  );
  if (file === undefined) return undefined;
  const registry = createRegistry(file);
  return { file, registry, foreignRule: registry.getExtension(foreignRuleName)?.number ?? 0 };
}

/**
 * True if `file` can name our options: it imports their file, directly or through public imports. Only then is a
 * field with our number ours.
 */
export function canState(file: DescFile, options: Options): boolean {
  return [file, ...file.dependencies].some((start) => exposes(start, options.file));
}

function exposes(file: DescFile, wanted: DescFile): boolean {
  return file === wanted || publicImports(file).some((next) => exposes(next, wanted));
}

function publicImports(file: DescFile): readonly DescFile[] {
  const names = file.proto.publicDependency.map((index) => file.proto.dependency[index]);
  return file.dependencies.filter(({ proto }) => names.includes(proto.name));
}
