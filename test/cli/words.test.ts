// The help says what an RPC does and what each of its flags means, in the words of the protos.
import { describe, expect, test } from "@jest/globals";
import type { Command } from "commander";
import { processIo } from "../../src/cli/process-io.ts";
import { createProgram } from "../../src/cli/program.ts";

const program = createProgram(processIo());
const nameOf = (command: Command): string =>
  command.parent ? `${nameOf(command.parent)} ${command.name()}` : command.name();
const under = (command: Command): readonly Command[] => [
  command,
  ...command.commands.flatMap(under),
];
const commands = under(program).filter((command) => command.name() !== "__complete");

/** Without the breaks of lines and the columns that help is set in. */
const help = (command: Command) => command.helpInformation().replaceAll(/\s+/g, " ");

describe("every command", () => {
  test("says what it does", () => {
    const silent = commands.filter((command) => {
      const words = command.createHelp().commandDescription(command);
      return !/^[A-Z].*\w.*/.test(words);
    });
    expect(silent.map(nameOf)).toEqual([]);
  });

  test("says of each flag what it is for", () => {
    const silent = commands.flatMap((command) => {
      const shown = command.createHelp();
      return shown
        .visibleOptions(command)
        .filter((option) => !option.negate && shown.optionDescription(option) === "")
        .map(({ flags }) => `${nameOf(command)} ${flags}`);
    });
    expect(silent).toEqual([]);
  });
});

test("a verb is told with role and RPC, its flags with meaning and range", () => {
  const create = commands.find((command) => nameOf(command) === "metal user create");
  const text = create ? help(create) : "";
  expect(text).toContain("Makes an identity and its first key");
  expect(text).toContain("metal.v1.UserService/Create. Needs role Admin.");
  expect(text).toContain("What it is for. (text, at most 1024 characters)");
});

test("a kind tells of its verbs in a sentence, with the role", () => {
  const user = commands.find((command) => nameOf(command) === "metal user");
  expect(user ? help(user) : "").toContain("Returns the calling user. Needs role Viewer.");
});
