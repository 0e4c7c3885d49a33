// The commands of a kind: one for each RPC of its service, and `apply` and `edit` where the kind can be kept in files.
import type { DescMethod, DescService } from "@bufbuild/protobuf";
import { Command, InvalidArgumentError, Option } from "commander";
import { flagHelp, placeholder } from "./flag-help.ts";
import { type Flag, type FlagValue, flagsOf, isUpdate } from "./flags.ts";
import type { Invocation } from "./invocation.ts";
import type { Io } from "./io.ts";
import { enumWords, kebab, kindOf, verbOf } from "./naming.ts";
import {
  type FileResource,
  isFileResource,
  type Resource,
  resourcesOf,
  type Verb,
} from "./resource.ts";
import { accessSentence, demandsReason, isDestructive } from "./rule.ts";
import { sessionOf } from "./session.ts";
import { answerShape, isCallable, type RequestShape, requestShape } from "./shape.ts";
import { furtherVerbs, viewOf } from "./views.ts";
import { kindHelp, verbHelp } from "./words.ts";

/** Other words for verbs, as people know them. */
const aliases: readonly (readonly [verb: string, ...others: string[]])[] = [
  ["list", "ls"],
  ["get", "describe", "show"],
  ["delete", "destroy", "rm", "remove"],
  ["allocate", "create"],
  ["free", "delete", "destroy", "rm", "remove"],
  ["get-console-password", "console-password"],
  ["list-issues", "issues"],
];

/** Adds a kind and its verbs. */
export function addKind(program: Command, service: DescService, io: Io): Command {
  const kind = kindOf(service);
  const methods = service.methods.filter(isCallable);
  const command = program.command(kind).description(`Commands of ${service.typeName}.`);
  if (kind.includes("-")) command.alias(kind.replaceAll("-", ""));
  const resources = resourcesOf(service);
  for (const method of methods) {
    const verb = { method, resource: ownerOf(method, resources) };
    for (const name of verbsOf(method))
      addVerb(command, name, { verb: { ...verb, table: viewOf(method, name) }, io });
  }
  for (const resource of resources) addEdit(command, resource, io);
  for (const resource of resources.filter(isFileResource)) addApply(command, resource, io);
  addAliases(command);
  command.summary(command.commands.map((child) => child.name()).join(", "));
  const verbs = methods.flatMap((method) => verbsOf(method).map((name) => [name, method] as const));
  command.configureHelp(kindHelp(Object.fromEntries(verbs)));
  return command;
}

const verbsOf = (method: DescMethod): string[] => [verbOf(method), ...furtherVerbs(method)];

function ownerOf(method: DescMethod, resources: readonly Resource[]): Resource | undefined {
  return resources.find(({ update, create }) => method === update || method === create);
}

/** In the order of the table, so that a word means the same RPC in every kind that has it. */
function addAliases(parent: Command): void {
  for (const [verb, ...others] of aliases) {
    const taken = new Set(parent.commands.flatMap((child) => [child.name(), ...child.aliases()]));
    const child = parent.commands.find((command) => command.name() === verb);
    child?.aliases(others.filter((other) => !taken.has(other)));
  }
}

function addVerb(
  parent: Command,
  name: string,
  { verb, io }: { readonly verb: Verb; readonly io: Io },
): void {
  const { method } = verb;
  const shape = requestShape(method);
  const flags = flagsOf(method);
  const command = parent
    .command(name)
    .summary(accessSentence(method))
    .configureHelp(verbHelp(method, flags));
  addArgument(command, method, shape);
  for (const flag of flags) addFlag(command, flag, method);
  addOwnOptions(command, method, shape);
  command.action(async () => {
    const { runVerb } = await import("./verb.ts");
    await runVerb(verb, invocationOf(command, flags), sessionOf(command, io));
  });
}

function addArgument(
  command: Command,
  method: DescMethod,
  { argument, entity }: RequestShape,
): void {
  if (entity && isUpdate(method)) command.argument("[id]", "the id");
  if (!argument) return;
  const name = kebab(argument.name);
  command.argument(
    argument.fieldKind === "list" ? `<${name}...>` : `<${name}>`,
    flagHelp(argument),
  );
}

function addFlag(command: Command, { name, field }: Flag, method: DescMethod): void {
  const value = placeholder(field);
  const help = flagHelp(field);
  if (value === "") {
    command.option(`--${name}`, help).option(`--no-${name}`);
    return;
  }
  const option = new Option(`--${name} ${value}`, help);
  option.argParser((text: string, before?: readonly string[]) => [...(before ?? []), text]);
  option.makeOptionMandatory(demandsReason(method) && name === "reason");
  command.addOption(option);
}

function addOwnOptions(
  command: Command,
  method: DescMethod,
  { entity, paged }: RequestShape,
): void {
  if (entity || takesRequests(method)) addFileOption(command);
  if (paged) command.option("--limit <number>", "print at most so many", positive);
  if (answerShape(method).rows)
    command.option("--sort-by <columns>", 'order by columns, for example "name,id:desc"');
  if (isDestructive(method)) command.option("-y, --yes", "do not ask");
  if (isAwaitable(method))
    command.option("--wait", "tell what the machine goes through, until it phones home");
}

function addFileOption(command: Command): void {
  const collect = (path: string, before: readonly string[] = []) => [...before, path];
  command.option("-f, --file <file>", "YAML or JSON documents, - for stdin", collect);
}

/** What is created from a request of its own form can be created from files with such requests. */
function takesRequests({ name, methodKind }: DescMethod): boolean {
  return methodKind === "unary" && /^(Create|Allocate|Register)/.test(name);
}

function addApply(parent: Command, resource: FileResource, io: Io): void {
  const access = accessSentence(resource.create);
  const command = parent
    .command(`apply${resource.suffix}`)
    .description(`Creates what is missing and changes what differs. ${access}`)
    .option("--dry-run", "only say what would happen");
  addFileOption(command);
  command.action(async () => {
    const { files, dryRun } = invocationOf(command, []);
    if (files.length === 0)
      command.error("error: required option '-f, --file <file>' not specified");
    const { apply } = await import("./apply.ts");
    await apply(resource, { files, dryRun }, sessionOf(command, io));
  });
}

function addEdit(parent: Command, resource: Resource, io: Io): void {
  const access = accessSentence(resource.update);
  const command = parent
    .command(`edit${resource.suffix}`)
    .description(`Opens the ${resource.kind} of that id in VISUAL, EDITOR or vi. ${access}`)
    .argument("<id>", "the id");
  command.action(async (id: string) => {
    const { edit } = await import("./edit.ts");
    await edit(resource, id, sessionOf(command, io));
  });
}

function positive(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number > 0) return number;
  throw new InvalidArgumentError("It must be a whole number above 0.");
}

const machineType = "metal.v1.Machine";

/** True for RPCs that have a machine installed, which is of use when it is. */
function isAwaitable({ name, output }: DescMethod): boolean {
  const isInstalling = name === "Allocate" || name === "Reinstall";
  return isInstalling && output.fields.some(({ message }) => message?.typeName === machineType);
}

interface OwnOptions {
  readonly file?: readonly string[];
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly wait?: boolean;
  readonly limit?: number;
  readonly [flag: string]: unknown;
}

function invocationOf(command: Command, flags: readonly Flag[]): Invocation {
  const options: OwnOptions = command.opts();
  const { file = [], dryRun = false, yes = false, wait = false, limit } = options;
  const given = flags
    .map((flag) => [flag, options[attributeOf(flag)]] as const)
    .filter((pair): pair is readonly [Flag, FlagValue] => pair[1] !== undefined);
  return { words: command.args, flags: given, files: file, dryRun, yes, wait, limit };
}

/** The name under which commander keeps a flag's value. */
function attributeOf({ name }: Flag): string {
  return new Option(`--${name}`).attributeName();
}

/** The words that a flag takes, for completion. */
export function wordsOf({ field }: Flag): string[] {
  return field.enum ? enumWords(field.enum) : [];
}
