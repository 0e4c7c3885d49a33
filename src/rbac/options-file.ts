// Which protos can state a rule: those that import our options. Field numbers prove nothing, because another's
// extension may use the same ones.
import type { DescFile } from "@bufbuild/protobuf";

/** True if `file` is the one that defines our options, whoever compiled it. */
export function definesOptions(file: DescFile): boolean {
  return file.extensions.some(({ typeName }) => typeName === "metal.rbac.v1.min_role");
}

/** True if `file` can name our options: it imports their file, directly or through public imports. */
export function canState(file: DescFile): boolean {
  return [file, ...file.dependencies].some(exposesOptions);
}

function exposesOptions(file: DescFile): boolean {
  return definesOptions(file) || publicImports(file).some(exposesOptions);
}

function publicImports(file: DescFile): readonly DescFile[] {
  const names = file.proto.publicDependency.map((index) => file.proto.dependency[index]);
  return file.dependencies.filter(({ proto }) => names.includes(proto.name));
}
