// How names of the proto become words of the command line.
import type { DescEnum, DescField, DescMethod, DescService } from "@bufbuild/protobuf";

/** "SizeImageConstraint" -> "size-image-constraint", "BMCCommand" -> "bmc-command", "page_size" -> "page-size". */
export function kebab(name: string): string {
  return name
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1-$2")
    .replaceAll(/([A-Z]+)([A-Z][a-z])/g, "$1-$2")
    .replaceAll("_", "-")
    .toLowerCase();
}

/** The kind a service is about: "filesystem-layout" for FilesystemLayoutService. */
export function kindOf(service: DescService): string {
  return kebab(service.name.replace(/Service$/, ""));
}

/** The verb of a method: "get-latest" for GetLatest. */
export function verbOf(method: DescMethod): string {
  return kebab(method.name);
}

/** The RPC of a method, as people and rules write it: "metal.v1.SizeService/Create". */
export function procedureOf(method: DescMethod): string {
  return `${method.parent.typeName}/${method.name}`;
}

/** The short word of an enum value: "supported", "child-shared". A number nobody has named stays a number. */
export function enumWord(desc: DescEnum, number: number): string | number {
  const name = desc.value[number]?.name;
  return name === undefined ? number : shortWord(desc, name);
}

/** The short words of all values but the unspecified one, in the proto's order. */
export function enumWords(desc: DescEnum): string[] {
  return desc.values.filter(({ number }) => number !== 0).map(({ name }) => shortWord(desc, name));
}

/**
 * The number of a short or full name; upper or lower case, dash or underscore do not matter. An empty text is the
 * unspecified value. Undefined for anything else.
 */
export function enumNumber(desc: DescEnum, text: string): number | undefined {
  if (text === "") return 0;
  const word = kebab(text.toLowerCase());
  const isMeant = (name: string) =>
    shortWord(desc, name) === word || kebab(name.toLowerCase()) === word;
  return desc.values.find(({ name }) => isMeant(name))?.number;
}

/** The name without the enum's own, also where only digits are left: "1" for RAID_LEVEL_1. */
function shortWord(desc: DescEnum, name: string): string {
  const word = kebab(name.toLowerCase());
  const prefix = `${kebab(desc.name)}-`;
  return word.startsWith(prefix) ? word.slice(prefix.length) : word;
}

/** The full name of a field: "metal.v1.Identity.owner". */
export function fieldName({ parent, name }: DescField): string {
  return `${parent.typeName}.${name}`;
}
