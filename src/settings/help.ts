// The help, printed from the table of settings. Values that somebody gave are never part of it.
import { type Setting, type Table, variableOf } from "./setting.ts";

const introduction = `Usage: metal-connect [--SETTING VALUE]...

Each setting is a flag, an environment variable or a key of a YAML file, in this order of precedence.
Lists and mappings exist in the file only.
`;

const closing = `  --check
      Say what is wrong with the settings, if anything, and stop.

  --help
      Print this and stop.

  --version
      Print the version and stop.
`;

/** The text that --help prints. */
export function helpText(table: Table): string {
  const settings = Object.entries(table).map(([name, row]) => `${paragraph(name, row)}\n`);
  return [introduction, ...settings, closing].join("\n");
}

function paragraph(name: string, row: Setting): string {
  const preset = row.default === undefined ? "" : ` Default: ${row.default}`;
  return `  ${heading(name, row)}\n      ${row.meaning}${preset}`;
}

function heading(name: string, row: Setting): string {
  if (row.fileOnly !== undefined) return `${name}: ${row.form}   (file only)`;
  const value = row.switch === true ? `[=${row.form}]` : ` ${row.form}`;
  return `--${name}${value}   ${variableOf(name)}`;
}
