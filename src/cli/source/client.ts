// Finds the clients of services in source code: where one is made or named as a type, and what it is called there. A
// search by names, not a compiler: it may take one client for another of the same name, and reports both.
import type { SourceFile } from "./files.ts";

/** A service that clients may be made of. */
export interface Service {
  /** "metal.v1.ImageService". */
  readonly typeName: string;
  /** "ImageService". */
  readonly name: string;
  /** The names of its RPCs. */
  readonly methods: readonly string[];
}

/** A client in a file. */
export interface Client {
  readonly service: Service;
  readonly file: SourceFile;
  /** Where it is made or named, in UTF-16 code units from the start of the file. */
  readonly at: number;
  /** What it is called: a variable, field, parameter or function; empty if it is used where it is made. */
  readonly name: string;
}

/** How a language makes a client, and names its type; the service's name is put in place of "Service". */
interface Forms {
  readonly made: string;
  readonly typed: readonly string[];
}

const scriptForms: Forms = {
  made: String.raw`\bcreate\w*Client\s*(?:<[^>()]*>)?\(\s*(?:\w+\.)?Service\b`,
  typed: [
    // images: Client<typeof ImageService>
    String.raw`(?<name>\w+)\s*[?!]?\s*:\s*(?:\w+\.)?(?:Promise|Callback)?Client<\s*typeof\s+(?:\w+\.)?Service\s*>`,
    // images(): Client<typeof ImageService>
    String.raw`(?<name>\w+)\s*\([^()]*\)\s*:\s*(?:\w+\.)?(?:Promise|Callback)?Client<\s*typeof\s+(?:\w+\.)?Service\s*>`,
  ],
};

const goForms: Forms = {
  made: String.raw`\bNewServiceClient\s*\(`,
  typed: [
    // images metalv1connect.ImageServiceClient
    String.raw`(?<name>\w+)[ \t]+(?:\w+\.)?ServiceClient\b`,
    // func (c *clients) Images() metalv1connect.ImageServiceClient
    String.raw`(?<name>\w+)\([^()]*\)[ \t]+(?:\w+\.)?ServiceClient\b`,
  ],
};

/** Words that stand where a name would and are none. */
const noNames: ReadonlySet<string> = new Set([
  "return",
  "func",
  "var",
  "type",
  "struct",
  "interface",
]);

/** Every client of `services` in `file`. */
export function clientsIn(file: SourceFile, services: readonly Service[]): Client[] {
  const forms = file.language.isScript ? scriptForms : goForms;
  return services
    .filter(({ name }) => file.code.includes(name))
    .flatMap((service) => [...made(file, service, forms), ...typed(file, service, forms)]);
}

function made(file: SourceFile, service: Service, forms: Forms): Client[] {
  return matches(file.code, forms.made, service).map(({ index: at }) => {
    const name = nameBefore(file.code.slice(0, at), file.language.isScript);
    return { service, file, at, name };
  });
}

function typed(file: SourceFile, service: Service, forms: Forms): Client[] {
  return forms.typed.flatMap((form) =>
    matches(file.code, form, service)
      .map(({ index: at, groups }) => ({ service, file, at, name: groups?.["name"] ?? "" }))
      .filter(({ name }) => !noNames.has(name)),
  );
}

function matches(code: string, form: string, { name }: Service): RegExpExecArray[] {
  return [...code.matchAll(new RegExp(form.replaceAll("Service", name), "g"))];
}

/** What an expression is assigned to, as far as the code before it says; the last name of several. */
const targets: readonly RegExp[] = [
  // const images =, this.#images =, images, err :=, images: Client<…> =
  /(?<name>\w+)(?:\s*,\s*\w+)*(?:\s*:\s*[\w.<> ]+)?\s*:?=\s*(?:await\s+)?(?:\w+\.)*$/,
  // images: in an object or a struct
  /(?<name>\w+)\s*:\s*(?:\w+\.)*$/,
  // const images = (transport) =>
  /(?<name>\w+)\s*=\s*(?:\([^()]*\)|\w+)\s*(?::[^=]+)?=>\s*(?:\w+\.)*$/,
];

/** The function that code lies in, if it returns what follows. */
const returning = {
  script:
    /(?:function\s+(?<name>\w+)|\b(?<method>\w+)\s*\([^()]*\)\s*(?::[^{}]+)?\{)(?!.*\bfunction\s+\w+)[^]*return\s+(?:\w+\.)*$/,
  go: /func\s+(?:\([^()]*\)\s*)?(?<name>\w+)\s*\((?![^]*\bfunc\s+(?:\([^()]*\)\s*)?\w+\s*\()[^]*return\s+(?:\w+\.)*$/,
};

/** So much of the code before a client is looked at, in UTF-16 code units. */
const lookBack = 2_000;

function nameBefore(code: string, isScript: boolean): string {
  const before = code.slice(-lookBack);
  const assigned = targets.map((target) => target.exec(before)?.groups?.["name"]);
  const returned = (isScript ? returning.script : returning.go).exec(before)?.groups;
  const found = [...assigned, returned?.["name"], returned?.["method"]];
  return found.find((name) => name !== undefined && !noNames.has(name)) ?? "";
}
