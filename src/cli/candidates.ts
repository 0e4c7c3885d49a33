// What can stand next on a command line: commands, flags, the words of a flag, ids. Only ids are asked of the server,
// and a server that does not answer soon completes nothing.
import { create, type DescMessage, type DescMethod, type DescService } from "@bufbuild/protobuf";
import type { Command, Option } from "commander";
import { createApi } from "./api.ts";
import { tableOf } from "./columns.ts";
import { readContexts } from "./contexts.ts";
import { idOf } from "./entity.ts";
import type { Io } from "./io.ts";
import { flagsOf } from "./flags.ts";
import { wordsOf } from "./kind-command.ts";
import { kindOf, verbOf } from "./naming.ts";
import { allPages } from "./pages.ts";
import { idPath, resourcesOf } from "./resource.ts";
import { services } from "./services.ts";
import { answerShape, requestShape } from "./shape.ts";
import { sortKeys } from "./sort.ts";

const patienceMs = 2000;
const mostIds = 500;

/** How far a command line has come. */
interface Progress {
  readonly command: Command;
  /** The option whose value comes next. */
  readonly pending: Option | undefined;
  /** How many arguments there are already. */
  readonly operands: number;
  readonly options: Readonly<Record<string, string>>;
}

/** The candidates for the last of `words`, which may be empty. Never throws: no answer is no candidate. */
export async function candidates(
  program: Command,
  words: readonly string[],
  io: Io,
): Promise<string[]> {
  const start: Progress = { command: program, pending: undefined, operands: 0, options: {} };
  const progress = words.slice(0, -1).reduce((before, word) => step(program, before, word), start);
  const partial = words.at(-1) ?? "";
  const all = await possible(program, [progress, partial], io);
  return all.filter((candidate) => candidate.startsWith(partial));
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
  return child ? { ...progress, command: child } : { ...progress, operands: operands + 1 };
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
): Promise<string[]> {
  const { command, pending } = progress;
  if (pending) return await valuesOf(pending, [progress, partial], io);
  if (partial.startsWith("-"))
    return optionsOf(program, command).flatMap(({ long, hidden }) =>
      long && !hidden ? [long] : [],
    );
  const children = command.createHelp().visibleCommands(command);
  const names = children.map((child) => child.name());
  if (command.name() === "context" || command.parent?.name() === "context")
    return [...names, ...(await contextNames(io))];
  if (names.length === 0) return await argumentsOf(progress, io);
  return progress.operands === 0 ? names : [];
}

async function valuesOf(
  option: Option,
  [progress, partial]: readonly [Progress, string],
  io: Io,
): Promise<string[]> {
  if (option.argChoices) return option.argChoices;
  if (option.long === "--context") return await contextNames(io);
  const method = methodOf(progress.command);
  if (option.long === "--sort-by") return afterComma(partial, method ? sortKeysOf(method) : []);
  const flag = method && flagsOf(method).find(({ name }) => `--${name}` === option.long);
  if (!flag) return [];
  if (wordsOf(flag).length > 0) return afterComma(partial, wordsOf(flag));
  const kind = /^(.*)-ids?$/.exec(flag.name)?.[1];
  const service = services.find((candidate) => kindOf(candidate) === kind);
  return afterComma(partial, service ? await idsOf(listOf(service), progress, io) : []);
}

/** Candidates for the last item of a list: those before it stay. */
function afterComma(partial: string, words: readonly string[]): string[] {
  const before = partial.slice(0, partial.lastIndexOf(",") + 1);
  return words.map((word) => `${before}${word}`);
}

function sortKeysOf(method: DescMethod): string[] {
  const { rows } = answerShape(method);
  return rows?.message ? sortKeys(tableOf(rows.message).columns) : [];
}

async function argumentsOf(progress: Progress, io: Io): Promise<string[]> {
  const { command, operands } = progress;
  const [argument] = command.registeredArguments;
  if (argument?.argChoices && operands === 0) return argument.argChoices;
  const service = serviceOf(command);
  if (!service || argument?.name() !== "id" || operands > 0) return [];
  const entity = entityOf(service, command.name());
  return await idsOf(listOf(service, entity) ?? listOf(service), progress, io);
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
): Promise<string[]> {
  const rows = method && answerShape(method).rows;
  const desc = rows?.message;
  if (!rows || !desc || idPath(desc) === undefined) return [];
  const api = createApi({ ...options, timeoutMs: patienceMs }, { ...io, stderr: () => {} });
  const call = { method, request: create(method.input), subject: "completion" };
  try {
    const items = await allPages(call, rows, { api, limit: mostIds });
    return items.map((item) => idOf(desc, item));
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
