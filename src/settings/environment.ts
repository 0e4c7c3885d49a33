// Settings from environment variables. Every METAL_… variable must be a setting, so that a misspelt one is noticed.
import type { Report } from "../domain/problem.ts";
import { type Table, variableOf } from "./setting.ts";
import { fileOnly, type Given, type Source, unknownName } from "./source.ts";

/** The variables of a process. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The settings among the variables. Those of the CLI (METAL_API_…) and Kubernetes' service links are no settings. */
export function readEnvironment(table: Table, environment: Environment, report: Report): Source {
  const given = new Map<string, Given>();
  const names = new Map(Object.keys(table).map((name) => [variableOf(name), name]));
  for (const [variable, value] of Object.entries(environment)) {
    const name = names.get(variable);
    if (value === undefined || !variable.startsWith("METAL_")) continue;
    if (name !== undefined && table[name]?.fileOnly !== undefined) report(fileOnly(variable, name));
    else if (name !== undefined) given.set(name, { value, from: variable });
    else if (!isForeign(variable, environment))
      report(unknownName(variable, Object.keys(table), variableOf));
  }
  return given;
}

/**
 * A pod gets METAL_CONNECT_SERVICE_HOST, METAL_CONNECT_PORT_8080_TCP and so on for a service "metal-connect" in its
 * namespace, whether it wants them or not.
 */
const serviceLink = /^(.+?)_(?:SERVICE_HOST|SERVICE_PORT(?:_.+)?|PORT(?:_\d+_.+)?)$/;

function isForeign(variable: string, environment: Environment): boolean {
  if (variable.startsWith("METAL_API_")) return true;
  const service = serviceLink.exec(variable)?.[1];
  return service !== undefined && environment[`${service}_SERVICE_HOST`] !== undefined;
}
