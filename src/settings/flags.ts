// Settings from the command line: --name value, --name=value, and --name alone for a switch.
import type { Report } from "../domain/problem.ts";
import type { Setting, Table } from "./setting.ts";
import { fileOnly, type Given, type Source, unknownName } from "./source.ts";

/** The settings among the arguments. What is not understood is reported, but never quoted: it may be a secret. */
export function readFlags(table: Table, argv: readonly string[], report: Report): Source {
  const given = new Map<string, Given>();
  const rest = [...argv];
  for (let next = rest.shift(); next !== undefined; next = rest.shift()) {
    if (isFlag(next)) readFlag(table, next, { rest, given, report });
    else report(unexpected(argv.length - rest.length));
  }
  return given;
}

interface Reading {
  /** What follows the flag; its value is taken from here. */
  readonly rest: string[];
  readonly given: Map<string, Given>;
  readonly report: Report;
}

const isFlag = (argument: string) => argument.startsWith("--");
const write = (name: string) => `--${name}`;

function readFlag(table: Table, argument: string, { rest, given, report }: Reading): void {
  const [flag = "", ...inline] = argument.split("=");
  const name = flag.slice(2);
  const value = inline.length > 0 ? inline.join("=") : takeValue(rest, table[name]);
  if (!Object.hasOwn(table, name)) return report(unknownName(flag, Object.keys(table), write));
  if (table[name]?.fileOnly !== undefined) return report(fileOnly(flag, name));
  if (value === undefined)
    return report({ setting: flag, reason: "has no value", remedy: `write ${flag}=VALUE` });
  if (given.has(name))
    return report({ setting: flag, reason: "is given twice", remedy: "give it once" });
  given.set(name, { value, from: flag });
}

function takeValue(rest: string[], row: Setting | undefined): string | undefined {
  const next = rest[0];
  const follows = next !== undefined && !isFlag(next);
  if (follows) return rest.shift();
  return row?.switch === true ? "true" : undefined;
}

function unexpected(position: number) {
  const reason = "stands where a flag is expected";
  return { setting: `argument ${position}`, reason, remedy: "write --NAME VALUE; see --help" };
}
