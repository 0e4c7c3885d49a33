// What can stand next on a command line, and what it means: commands, flags, the words of a flag, RPCs, ids. Only ids
// are asked of the server, and a server that does not answer soon completes nothing.
import {
  create,
  type DescMessage,
  type DescMethod,
  type DescService,
  type Message,
} from "@bufbuild/protobuf";
import type { Command, Option } from "commander";
import { createApi } from "./api.ts";
import { tableOf } from "./columns.ts";
import { readContexts } from "./contexts.ts";
import type { Io } from "./io.ts";
import { flagsOf } from "./flags.ts";
import { wordsOf } from "./kind-command.ts";
import { kindOf, procedureOf, verbOf } from "./naming.ts";
import { allPages } from "./pages.ts";
import { valueAt } from "./patch.ts";
import { idPath, resourcesOf } from "./resource.ts";
import { readServerCredentials } from "./server-users.ts";
import { services } from "./services.ts";
import { answerShape, requestShape } from "./shape.ts";
import { sortKeys } from "./sort.ts";

const patienceMs = 2000;
const mostIds = 500;

/** A word that can stand next. */
export interface Candidate {
  readonly word: string;
  /** What it means, on one line; empty if there is nothing to say. */
  readonly meaning: string;
}

const bare = (words: readonly string[]): Candidate[] =>
  words.map((word) => ({ word, meaning: "" }));

/** How far a command line has come. */
interface Progress {
  readonly command: Command;
  /** The option whose value comes next. */
  readonly pending: Option | undefined;
  /** The arguments that there are already. */
  readonly operands: readonly string[];
  readonly options: Readonly<Record<string, string>>;
}

/** The candidates for the last of `words`, which may be empty. Never throws: no answer is no candidate. */
export async function candidates(
  program: Command,
  words: readonly string[],
  io: Io,
): Promise<Candidate[]> {
  const start: Progress = { command: program, pending: undefined, operands: [], options: {} };
  const progress = words.slice(0, -1).reduce((before, word) => step(program, before, word), start);
  const partial = words.at(-1) ?? "";
  const all = await possible(program, [progress, partial], io);
  return all.filter(({ word }) => word.startsWith(partial));
}

function step(program: Command, progress: Progress, word: string): Progress {
  const { command, pending, options, operands } = progress;
  if (pending)
    return {
      ...progress,
      pending: undefined,
      options: { ...options, [pending.attributeName()]: word },
    };
  if (word.startsWith("-")) return { ...progress, pending: awaiting(program, command, word) };
  const child = command.commands.find((one) => [one.name(), ...one.aliases()].includes(word));
  return child ? { ...progress, command: child } : { ...progress, operands: [...operands, word] };
}

function awaiting(program: Command, command: Command, word: string): Option | undefined {
  const option = optionsOf(program, command).find(
    ({ long, short }) => long === word || short === word,
  );
  return option?.required ? option : undefined;
}

function optionsOf(program: Command, command: Command): readonly Option[] {
  return command === program ? program.options : [...command.options, ...program.options];
}

async function possible(
  program: Command,
  [progress, partial]: readonly [Progress, string],
  io: Io,
): Promise<Candidate[]> {
  const { command, pending } = progress;
  if (pending) return await valuesOf(pending, [progress, partial], io);
  if (partial.startsWith("-")) return flagsAt(program, command);
  const help = command.createHelp();
  const children = help.visibleCommands(command).map((child) => ({
    word: child.name(),
    meaning: help.subcommandDescription(child),
  }));
  if (command.name() === "context" || command.parent?.name() === "context")
    return [...children, ...bare(await contextNames(io))];
  if (children.length === 0) return await argumentsOf(progress, partial, io);
  return progress.operands.length === 0 ? children : [];
}

function flagsAt(program: Command, command: Command): Candidate[] {
  const help = command.createHelp();
  return optionsOf(program, command)
    .filter(({ long, hidden }) => long && !hidden)
    .map((option) => ({ word: option.long ?? "", meaning: help.optionDescription(option) }));
}

async function valuesOf(
  option: Option,
  [progress, partial]: readonly [Progress, string],
  io: Io,
): Promise<Candidate[]> {
  if (option.argChoices) return bare(option.argChoices);
  if (option.long === "--context") return bare(await contextNames(io));
  if (option.long === "--user" || option.long === "--as") return bare(await userNames(io));
  const method = methodOf(progress.command);
  if (option.long === "--sort-by")
    return afterComma(partial, bare(method ? sortKeysOf(method) : []));
  const flag = method && flagsOf(method).find(({ name }) => `--${name}` === option.long);
  if (!flag) return [];
  if (wordsOf(flag).length > 0) return afterComma(partial, bare(wordsOf(flag)));
  const kind = /^(.*)-ids?$/.exec(flag.name)?.[1];
  const service = services.find((candidate) => kindOf(candidate) === kind);
  return afterComma(partial, service ? await idsOf(listOf(service), progress, io) : []);
}

/** Candidates for the last item of a list: those before it stay. */
function afterComma(partial: string, words: readonly Candidate[]): Candidate[] {
  const before = partial.slice(0, partial.lastIndexOf(",") + 1);
  return words.map(({ word, meaning }) => ({ word: `${before}${word}`, meaning }));
}

function sortKeysOf(method: DescMethod): string[] {
  const { rows } = answerShape(method);
  return rows?.message ? sortKeys(tableOf(rows.message).columns) : [];
}

async function argumentsOf(progress: Progress, partial: string, io: Io): Promise<Candidate[]> {
  const { command, operands } = progress;
  const [argument] = command.registeredArguments;
  if (argument?.name() === "rpc") return bare(rpcWords(operands, partial));
  if (operands.length > 0) return [];
  if (argument?.argChoices) return bare(argument.argChoices);
  const service = serviceOf(command);
  if (!service || !["id", "name"].includes(argument?.name() ?? "")) return [];
  const entity = entityOf(service, command.name());
  return await idsOf(listOf(service, entity) ?? listOf(service), progress, io);
}

/** The words that name an RPC: its whole name once that has begun, else a kind, and then a verb of that kind. */
function rpcWords(operands: readonly string[], partial: string): string[] {
  const methods = services.flatMap((service) => service.methods);
  if (/[./]/.test(partial)) return methods.map(procedureOf);
  const words = operands.filter((word) => !word.includes("/"));
  const kind = words.length % 2 === 1 ? words.at(-1) : undefined;
  const service = services.find((candidate) => kindOf(candidate) === kind);
  return service ? service.methods.map(verbOf) : services.map(kindOf);
}

/** The entity that a verb's argument names. */
function entityOf(service: DescService, verb: string): DescMessage | undefined {
  const edited = resourcesOf(service).find(({ suffix }) => verb === `edit${suffix}`);
  const method = service.methods.find((candidate) => verbOf(candidate) === verb);
  return edited?.entity ?? (method && answerShape(method).result?.message);
}

function methodOf(command: Command): DescMethod | undefined {
  return serviceOf(command)?.methods.find((method) => verbOf(method) === command.name());
}

function serviceOf(command: Command): DescService | undefined {
  return services.find((service) => kindOf(service) === command.parent?.name());
}

function listOf({ methods }: DescService, entity?: DescMessage): DescMethod | undefined {
  const lists = methods.filter((method) => requestShape(method).paged);
  return lists.find((method) => !entity || answerShape(method).rows?.message === entity);
}

async function idsOf(
  method: DescMethod | undefined,
  { options }: Progress,
  io: Io,
): Promise<Candidate[]> {
  const rows = method && answerShape(method).rows;
  const desc = rows?.message;
  if (!rows || !desc) return [];
  const api = createApi({ ...options, timeoutMs: patienceMs }, { ...io, stderr: () => {} });
  const call = { method, request: create(method.input), subject: "completion" };
  try {
    const items = await allPages(call, rows, { api, limit: mostIds });
    return items.map((item) => named(desc, item)).filter(({ word }) => word !== "");
  } catch {
    return [];
  }
}

/** What has an id is explained by its name; identities are called by their names. */
function named(desc: DescMessage, item: Message): Candidate {
  const text = (path: string | undefined) => {
    const isThere = desc.fields.some(({ name }) => name === path?.split(".")[0]);
    const value = isThere && path !== undefined ? valueAt(desc, item, path) : "";
    return typeof value === "string" ? value : "";
  };
  const id = idPath(desc);
  return { word: text(id ?? "name"), meaning: id === undefined ? "" : text("name") };
}

async function userNames(io: Io): Promise<string[]> {
  try {
    return (await readServerCredentials(io))?.users.map(({ name }) => name) ?? [];
  } catch {
    return [];
  }
}

async function contextNames(io: Io): Promise<string[]> {
  try {
    return (await readContexts(io)).all.map(({ name }) => name);
  } catch {
    return [];
  }
}
