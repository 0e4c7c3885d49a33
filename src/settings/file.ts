// Settings from a YAML file, which has the settings' names as its keys.
import type { Report } from "../domain/problem.ts";
import type { Table } from "./setting.ts";
import { type Given, type Source, unknownName } from "./source.ts";
import { readText } from "./text-file.ts";
import { mappingOf, parseYaml } from "./yaml.ts";

/** The settings in the file at `path`. */
export function readSettingsFile(table: Table, path: string, report: Report): Source {
  const setting = `file ${JSON.stringify(path)}`;
  const contents = readText(path);
  const parsed = "text" in contents ? readMappings(contents.text) : contents;
  if (!("reason" in parsed)) return pick(table, path, parsed, report);
  report({ setting, reason: parsed.reason, remedy: "write a YAML file of settings" });
  return new Map();
}

interface Mappings {
  /** Every scalar as text. */
  readonly text: ReadonlyMap<string, unknown>;
  /** With numbers and booleans. */
  readonly yaml: ReadonlyMap<string, unknown>;
}

function readMappings(contents: string): Mappings | { readonly reason: string } {
  const [text, yaml] = [parseYaml(contents, "failsafe"), parseYaml(contents, "core")];
  if ("reason" in text) return text;
  if ("reason" in yaml) return yaml;
  if (yaml.value === null) return { text: new Map(), yaml: new Map() };
  const mappings = { text: mappingOf(text.value), yaml: mappingOf(yaml.value) };
  if (mappings.text === undefined || mappings.yaml === undefined)
    return { reason: "is no mapping of settings" };
  return { text: mappings.text, yaml: mappings.yaml };
}

function pick(table: Table, path: string, { text, yaml }: Mappings, report: Report): Source {
  const known = Object.keys(table).filter((name) => table[name]?.outsideFile !== true);
  const given = new Map<string, Given>();
  for (const [name, value] of text) {
    const source = table[name]?.fileOnly === "yaml" ? yaml.get(name) : value;
    if (known.includes(name)) given.set(name, { value: source, from: path });
    else report(inFile(path, unknownName(name, known, String)));
  }
  return given;
}

function inFile<P extends { readonly setting: string }>(path: string, problem: P): P {
  return { ...problem, setting: `${problem.setting} (in ${path})` };
}
