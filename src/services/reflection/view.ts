// A schema as the reflection protocol asks for it: by file name, by symbol, by extension.
import { create, createFileRegistry, type FileRegistry, toBinary } from "@bufbuild/protobuf";
import {
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
} from "@bufbuild/protobuf/wkt";

/** One file of a view. */
export interface ViewFile {
  /** A serialized FileDescriptorProto. */
  readonly bytes: Uint8Array;
  /** The files it imports, directly or not. */
  readonly imports: ReadonlySet<ViewFile>;
}

/** A schema that can be asked. What is not in it is undefined. */
export interface SchemaView {
  /** Full names, sorted. */
  readonly services: readonly string[];
  fileByName(name: string): ViewFile | undefined;
  /** The file that declares a message, enum, extension, service or RPC ("package.Service.Method"). */
  fileOfSymbol(symbol: string): ViewFile | undefined;
  fileOfExtension(extendee: string, number: number): ViewFile | undefined;
  /** The numbers of the extensions of a message, ascending. */
  extensionNumbers(message: string): readonly number[] | undefined;
}

/** A view of `files`, each of which follows its imports. Throws if they are not a complete schema. */
export function createView(files: readonly FileDescriptorProto[]): SchemaView {
  const registry = createFileRegistry(create(FileDescriptorSetSchema, { file: [...files] }));
  const byName = viewFiles(files);
  const fileOf = (type: { file: { proto: { name: string } } } | undefined) =>
    type && byName.get(type.file.proto.name);
  return {
    services: servicesOf(registry),
    fileByName: (name) => byName.get(name),
    fileOfSymbol: (symbol) => fileOf(registry.get(symbol) ?? serviceOfRpc(registry, symbol)),
    fileOfExtension(extendee, number) {
      const message = registry.getMessage(extendee);
      return message && fileOf(registry.getExtensionFor(message, number));
    },
    extensionNumbers: (message) =>
      registry.getMessage(message) && extensionNumbersOf(registry, message),
  };
}

function viewFiles(files: readonly FileDescriptorProto[]): ReadonlyMap<string, ViewFile> {
  const byName = new Map<string, ViewFile>();
  for (const file of files) {
    const direct = file.dependency.flatMap((name) => byName.get(name) ?? []);
    const imports = new Set(direct.flatMap((one) => [one, ...one.imports]));
    byName.set(file.name, { bytes: toBinary(FileDescriptorProtoSchema, file), imports });
  }
  return byName;
}

function servicesOf(registry: FileRegistry): string[] {
  const services = [...registry].filter(({ kind }) => kind === "service");
  return services.map(({ typeName }) => typeName).sort();
}

function serviceOfRpc(registry: FileRegistry, symbol: string) {
  const dot = symbol.lastIndexOf(".");
  const service = registry.getService(symbol.slice(0, Math.max(dot, 0)));
  return service?.methods.some(({ name }) => name === symbol.slice(dot + 1)) ? service : undefined;
}

function extensionNumbersOf(registry: FileRegistry, message: string): number[] {
  const extensions = [...registry].filter((type) => type.kind === "extension");
  return extensions
    .filter(({ extendee }) => extendee.typeName === message)
    .map(({ number }) => number)
    .sort((a, b) => a - b);
}
