// The page of the command line, from the program itself.
import type { Command, Option } from "commander";
import { exitCode } from "../../src/cli/errors.ts";
import { processIo } from "../../src/cli/process-io.ts";
import { createProgram } from "../../src/cli/program.ts";
import { code, table } from "./markdown.ts";

const notice = "<!-- Written by `npm run reference` from the program. -->";

const intro =
  "`metal KIND VERB [ID] [flags]`, and some commands of their own. `--help` after any of them tells what each flag means; " +
  "`metal completion bash` (or `zsh`, `fish`) prints what makes a shell complete commands, flags, RPCs and ids.";

const meanings: Readonly<Record<keyof typeof exitCode, string>> = {
  done: "It is done.",
  failed: "It failed, or what was looked at is not right.",
  usage: "The command line is wrong; nothing was changed.",
  refused: "The server refused: the caller is not known, or may not do it.",
};

/** The page as Markdown. */
export function cliPage(): string {
  const program = createProgram(processIo());
  const texts = [
    notice,
    "# The command line",
    intro,
    "## Exit status",
    table(["Status", "Meaning"], exits()),
    "## Flags of every command",
    ...optionsOf(program),
    ...childrenOf(program).flatMap(section),
  ];
  return `${texts.join("\n\n")}\n`;
}

const exits = () =>
  Object.entries(meanings).map(([name, meaning]) => [
    String(exitCode[name as keyof typeof exitCode]),
    meaning,
  ]);

/** The verbs of a kind in a table, because they are many and alike; every other command by itself, with its flags. */
function section(command: Command): string[] {
  if (command.helpGroup() === "Kinds:") return [...heading(command), verbsOf(command)];
  return [command, ...leaves(command)].flatMap(alone);
}

const heading = (command: Command) => [
  `## ${pathOf(command)}`,
  command.createHelp().commandDescription(command),
];

const alone = (command: Command) => [
  ...heading(command),
  code(usageOf(command)),
  ...optionsOf(command),
];

function verbsOf(command: Command): string {
  const rows = leaves(command).map((leaf) => [
    code(usageOf(leaf)),
    leaf.parent?.createHelp().subcommandDescription(leaf) ?? "",
  ]);
  return table(["Command", "What it does"], rows);
}

/** Commands below `command` that do something, at whatever depth. */
function leaves(command: Command): Command[] {
  return childrenOf(command).flatMap((child) =>
    child.commands.length === 0 ? [child] : leaves(child),
  );
}

const childrenOf = (command: Command) =>
  command
    .createHelp()
    .visibleCommands(command)
    .filter((child) => child.name() !== "help");

const pathOf = (command: Command): string =>
  command.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name();

const usageOf = (command: Command) =>
  `${pathOf(command)} ${command.usage().replace(/\[options\] ?/, "")}`.trim();

function optionsOf(command: Command): string[] {
  const help = command.createHelp();
  const rows = command.options
    .filter(({ hidden }) => !hidden)
    .map((option: Option) => [code(option.flags), help.optionDescription(option)]);
  return rows.length > 0 ? [table(["Flag", "Meaning"], rows)] : [];
}
