// The commands of a kind: one for each RPC of its service, and `apply` and `edit` where the kind can be kept in files.
import type { DescMethod, DescService } from "@bufbuild/protobuf";
import { Command, InvalidArgumentError, Option } from "commander";
import { flagHelp, placeholder } from "./flag-help.ts";
import { type Flag, type FlagValue, flagsOf } from "./flags.ts";
import type { Invocation } from "./invocation.ts";
import type { Io } from "./io.ts";
import { enumWords, kebab, kindOf, procedureOf, verbOf } from "./naming.ts";
import { idPath, lockPath, type Resource, resourcesOf, type Verb } from "./resource.ts";
import { accessSentence, demandsReason } from "./rule.ts";
import { sessionOf } from "./session.ts";
import { answerShape, isCallable, type RequestShape, requestShape } from "./shape.ts";

/** Other words for verbs, as people know them. */
const aliases: Readonly<Record<string, readonly string[]>> = {
  list: ["ls"],
  get: ["describe", "show"],
  delete: ["destroy", "rm", "remove"],
};

/** Adds a kind and its verbs. */
export function addKind(program: Command, service: DescService, io: Io): Command {
  const kind = kindOf(service);
  const methods = service.methods.filter(isCallable);
  const command = program.command(kind).description(`Commands of ${service.typeName}.`);
  if (kind.includes("-")) command.alias(kind.replaceAll("-", ""));
  const resources = resourcesOf(service);
  for (const method of methods)
    addVerb(command, { method, resource: ownerOf(method, resources) }, io);
  for (const resource of resources) addFileVerbs(command, resource, io);
  for (const child of command.commands) addAliases(child, command);
  command.summary(command.commands.map((child) => child.name()).join(", "));
  return command;
}

function ownerOf(method: DescMethod, resources: readonly Resource[]): Resource | undefined {
  return resources.find(({ update, create }) => method === update || method === create);
}

function addAliases(child: Command, parent: Command): void {
  const taken = new Set(parent.commands.map((command) => command.name()));
  for (const alias of aliases[child.name()] ?? []) if (!taken.has(alias)) child.alias(alias);
}

/** The flags of a method, in the proto's order: an update takes no id, a creation no version. */
export function flagsOfMethod(method: DescMethod): Flag[] {
  const { entity, fields } = requestShape(method);
  if (!entity) return flagsOf(fields);
  const isUpdate = method.name.startsWith("Update");
  const flags = flagsOf(entity.message.fields);
  const settled = isUpdate ? idPath(entity.message) : lockPath(entity.message);
  return flags.filter(({ path }) => path !== settled);
}

function addVerb(parent: Command, verb: Verb, io: Io): void {
  const { method } = verb;
  const shape = requestShape(method);
  const flags = flagsOfMethod(method);
  const command = parent
    .command(verbOf(method))
    .summary(accessSentence(method))
    .description(`${procedureOf(method)}. ${accessSentence(method)}`);
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
  if (entity && method.name.startsWith("Update")) command.argument("[id]", "the id");
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
  if (entity) addFileOption(command);
  if (paged) command.option("--limit <number>", "print at most so many", positive);
  if (answerShape(method).rows)
    command.option("--sort-by <columns>", 'order by columns, for example "name,id:desc"');
  if (method.name.startsWith("Delete") || method.name.startsWith("Free"))
    command.option("-y, --yes", "do not ask");
}

function addFileOption(command: Command): void {
  const collect = (path: string, before: readonly string[] = []) => [...before, path];
  command.option("-f, --file <file>", "YAML or JSON with whole entities, - for stdin", collect);
}

function addFileVerbs(parent: Command, resource: Resource, io: Io): void {
  const { kind, suffix, create, update } = resource;
  const apply = parent
    .command(`apply${suffix}`)
    .summary(accessSentence(create))
    .description(`Creates what is missing and changes what differs. ${accessSentence(create)}`)
    .option("--dry-run", "only say what would happen");
  addFileOption(apply);
  apply.action(async () => {
    const { files, dryRun } = invocationOf(apply, []);
    if (files.length === 0) apply.error("error: required option '-f, --file <file>' not specified");
    const module = await import("./apply.ts");
    await module.apply(resource, { files, dryRun }, sessionOf(apply, io));
  });
  const edit = parent
    .command(`edit${suffix}`)
    .summary(accessSentence(update))
    .description(`Opens a ${kind} in VISUAL, EDITOR or vi. ${accessSentence(update)}`)
    .argument("<id>", "the id");
  edit.action(async (id: string) => {
    const module = await import("./edit.ts");
    await module.edit(resource, id, sessionOf(edit, io));
  });
}

function positive(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number > 0) return number;
  throw new InvalidArgumentError("It must be a whole number above 0.");
}

interface OwnOptions {
  readonly file?: readonly string[];
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly limit?: number;
  readonly [flag: string]: unknown;
}

function invocationOf(command: Command, flags: readonly Flag[]): Invocation {
  const options: OwnOptions = command.opts();
  const { file = [], dryRun = false, yes = false, limit } = options;
  const given = flags
    .map((flag) => [flag, options[attributeOf(flag)]] as const)
    .filter((pair): pair is readonly [Flag, FlagValue] => pair[1] !== undefined);
  return { words: command.args, flags: given, files: file, dryRun, yes, limit };
}

/** The name under which commander keeps a flag's value. */
function attributeOf({ name }: Flag): string {
  return new Option(`--${name}`).attributeName();
}

/** The words that a flag takes, for completion. */
export function wordsOf({ field }: Flag): string[] {
  return field.enum ? enumWords(field.enum) : [];
}
