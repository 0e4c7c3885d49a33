// Cuts a schema down to the RPCs that a caller may call. What remains is a complete schema again.
import { clone, type DescFile, type DescService } from "@bufbuild/protobuf";
import { type FileDescriptorProto, FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { type Procedure, procedureOf } from "../../rbac/rule.ts";
import { hiddenTypes } from "./hidden-types.ts";

/**
 * The files that declare an RPC in `shown`, and what they import, every file after its imports. Removed are all other
 * RPCs, services without RPCs, types that only removed RPCs use, and files in which nothing is left. Options stay as
 * they are, custom ones too.
 *
 * A file that is imported for one of its types keeps those that no RPC uses, and those that shown RPCs use.
 */
export function prune(
  services: readonly DescService[],
  shown: ReadonlySet<Procedure>,
): readonly FileDescriptorProto[] {
  const all = withImports(services.map(({ file }) => file));
  const rpcs = all.flatMap((file) => file.services.flatMap(({ methods }) => methods));
  const shownRpcs = rpcs.filter((rpc) => shown.has(procedureOf(rpc)));
  const hiddenRpcs = rpcs.filter((rpc) => !shown.has(procedureOf(rpc)));
  const files = withImports(shownRpcs.map((rpc) => rpc.parent.file));
  const types = hiddenTypes(files, { shown: shownRpcs, hidden: hiddenRpcs });
  const kept = new Map<string, FileDescriptorProto>();
  for (const { proto } of files) {
    const left = cut(proto, { shown, types, isImportable: (name) => kept.has(name) });
    if (!isEmpty(left)) kept.set(left.name, left);
  }
  return reachable(kept);
}

interface Cut {
  readonly shown: ReadonlySet<Procedure>;
  /** Full names of the types to remove. */
  readonly types: ReadonlySet<string>;
  readonly isImportable: (fileName: string) => boolean;
}

function cut(whole: FileDescriptorProto, { shown, types, isImportable }: Cut): FileDescriptorProto {
  const file = clone(FileDescriptorProtoSchema, whole);
  const fullName = (name: string) => (file.package === "" ? name : `${file.package}.${name}`);
  const isKept = ({ name }: { name: string }) => !types.has(fullName(name));
  file.messageType = file.messageType.filter(isKept);
  file.enumType = file.enumType.filter(isKept);
  for (const service of file.service) {
    const procedure = (name: string): Procedure => `/${fullName(service.name)}/${name}`;
    service.method = service.method.filter(({ name }) => shown.has(procedure(name)));
  }
  file.service = file.service.filter(({ method }) => method.length > 0);
  // Comments speak of what was removed, and their positions are wrong now.
  file.sourceCodeInfo = undefined;
  keepImports(file, isImportable);
  return file;
}

/** Public and weak imports are positions in the list of imports. */
function keepImports(file: FileDescriptorProto, isImportable: (fileName: string) => boolean): void {
  const before = file.dependency;
  file.dependency = before.filter(isImportable);
  const move = (positions: readonly number[]) =>
    positions
      .map((position) => file.dependency.indexOf(before[position] ?? ""))
      .filter((position) => position >= 0);
  file.publicDependency = move(file.publicDependency);
  file.weakDependency = move(file.weakDependency);
}

function isEmpty(file: FileDescriptorProto): boolean {
  const content = [file.messageType, file.enumType, file.extension, file.service];
  return [...content, file.publicDependency].every((list) => list.length === 0);
}

/** What files with services need, directly or not. */
function reachable(files: ReadonlyMap<string, FileDescriptorProto>): FileDescriptorProto[] {
  const needed = new Set<string>();
  const need = (name: string) => {
    if (needed.has(name)) return;
    needed.add(name);
    files.get(name)?.dependency.forEach(need);
  };
  for (const { name, service } of files.values()) {
    if (service.length > 0) need(name);
  }
  return [...files.values()].filter(({ name }) => needed.has(name));
}

/** `files` and everything they import, each once and after its imports. */
function withImports(files: readonly DescFile[]): DescFile[] {
  const ordered = new Set<DescFile>();
  const add = (file: DescFile) => {
    if (ordered.has(file)) return;
    file.dependencies.forEach(add);
    ordered.add(file);
  };
  files.forEach(add);
  return [...ordered];
}
