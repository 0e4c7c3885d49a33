// Reads mappings within the settings file, field by field, and reports what does not belong or is missing.
import type { Report } from "../domain/problem.ts";
import type { Check } from "./check.ts";
import { unknownName } from "./source.ts";
import { mappingOf } from "./yaml.ts";

/** The fields of a mapping. */
export interface Shape {
  readonly required: readonly string[];
  readonly optional: readonly string[];
}

/** Reads one field: undefined if it is absent or wrong. What is wrong is reported. */
export type ReadField = <T>(name: string, check: Check<T>) => T | undefined;

/** A reader for the mapping at `place`; undefined if it is none. */
export function readFields(
  place: string,
  value: unknown,
  shape: Shape,
  report: Report,
): ReadField | undefined {
  const mapping = mappingOf(value);
  const names = [...shape.required, ...shape.optional];
  if (mapping === undefined) {
    report({ setting: place, reason: "is no mapping", remedy: `write ${names.join(", ")}` });
    return undefined;
  }
  const write = (name: string) => `${place}.${name}`;
  for (const name of mapping.keys())
    if (!names.includes(name)) report(unknownName(write(name), names, write));
  for (const name of shape.required)
    if (!mapping.has(name))
      report({ setting: place, reason: `has no ${name}`, remedy: `add ${name}: VALUE` });
  return (name, check) => readField(write(name), mapping.get(name), check, report);
}

function readField<T>(
  setting: string,
  value: unknown,
  check: Check<T>,
  report: Report,
): T | undefined {
  if (value === undefined) return undefined;
  const checked = check(value);
  if ("value" in checked) return checked.value;
  report({ setting, reason: checked.reason, remedy: checked.remedy });
  return undefined;
}
