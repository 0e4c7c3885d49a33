// The page of settings, from their one table.
import { settings } from "../../src/config.ts";
import { type Setting, type Table, variableOf } from "../../src/settings/setting.ts";
import { code, table } from "./markdown.ts";

const notice = "<!-- Written by `npm run reference` from src/config.ts. -->";

const intro =
  "Each setting is a flag (`--listen`), an environment variable (`METAL_LISTEN`) and a key of the YAML file that `--config` " +
  "names (`listen`), in this order of precedence. Lists and mappings exist in the file only. What is wrong, weak or unknown " +
  "stops the start, all of it in one list; `--check` says it without a start.";

/** The page as Markdown. */
export function settingsPage(): string {
  const all: Table = settings;
  const rows = Object.entries(all).map(([name, setting]) => rowOf(name, setting));
  const body = table(["Setting", "Value", "Variable", "Default", "Meaning"], rows);
  return `${[notice, "# Settings", intro, body].join("\n\n")}\n`;
}

function rowOf(name: string, { form, fileOnly, default: preset, meaning }: Setting): string[] {
  const variable = fileOnly === undefined ? code(variableOf(name)) : "in the file only";
  return [code(name), form, variable, preset === undefined ? "" : code(preset), meaning];
}
