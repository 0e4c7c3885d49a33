// What the protos say of an RPC and of the fields of its request, for the help. Comments are not part of descriptors at
// run time; `buf generate` keeps them in gen/reference/words.json, which is read when help is printed.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { DescMethod } from "@bufbuild/protobuf";
import { type Argument, type Command, Help, type HelpConfiguration, type Option } from "commander";
import { flagHelp } from "./flag-help.ts";
import type { Flag } from "./flags.ts";
import { fieldName, kebab, procedureOf } from "./naming.ts";
import { accessSentence } from "./rule.ts";
import { requestShape } from "./shape.ts";

const path = join(import.meta.dirname, "../../gen/reference/words.json");
let known: Readonly<Record<string, string>> | undefined;

/** The comment of an RPC or a field, on one line; empty if there is none. */
function commentOf(name: string): string {
  known ??= JSON.parse(readFileSync(path, "utf8")) as Record<string, string>;
  return known[name] ?? "";
}

/** The help of a verb: what its RPC does, who may call it, and what each flag means. */
export function verbHelp(method: DescMethod, flags: readonly Flag[]): HelpConfiguration {
  const plain = new Help();
  const meant = new Map(flags.map((flag) => [`--${flag.name}`, flag]));
  const optionDescription = (option: Option) => {
    const flag = meant.get(option.long ?? "");
    return flag && !option.negate ? flagText(flag) : plain.optionDescription(option);
  };
  const commandDescription = () =>
    `${commentOf(procedureOf(method))}\n\n${procedureOf(method)}. ${accessSentence(method)}`;
  const { argument: field } = requestShape(method);
  const argumentDescription = (argument: Argument) =>
    field && kebab(field.name) === argument.name()
      ? flagText({ field })
      : plain.argumentDescription(argument);
  return { optionDescription, commandDescription, argumentDescription };
}

function flagText({ field }: Pick<Flag, "field">): string {
  const range = flagHelp(field);
  const comment = commentOf(fieldName(field));
  return range === "" || range === "text" ? comment : `${comment} (${range})`.trim();
}

/** The help of a kind: after each verb the first sentence on its RPC, and who may call it. */
export function kindHelp(methods: Readonly<Record<string, DescMethod>>): HelpConfiguration {
  const plain = new Help();
  const subcommandDescription = (command: Command) => {
    const method = methods[command.name()];
    const own = plain.subcommandDescription(command);
    return method ? `${firstSentence(commentOf(procedureOf(method)))} ${own}` : own;
  };
  return { subcommandDescription };
}

/** Up to the first full stop that ends a sentence. */
function firstSentence(text: string): string {
  return /^.*?\.(?= [A-Z]|$)/.exec(text)?.[0] ?? text;
}
