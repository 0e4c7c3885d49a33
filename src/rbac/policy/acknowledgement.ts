// What somebody looked at and accepted: changes that widen rights, and rules that a check finds odd.
import type { Change } from "./change.ts";
import { PolicyError } from "./policy.ts";

/** Who accepts, and why. */
export interface Acceptance {
  readonly procedure: string;
  readonly reason: string;
  readonly by: string;
}

/** An accepted change. */
export type AcceptedChange = Acceptance & Pick<Change, "fact" | "before" | "after">;

/** A rule that is as it is on purpose, and the check that finds it. */
export type Exception = Acceptance & { readonly check: string };

/** All that was accepted. */
export interface Acknowledgements {
  readonly changes: readonly AcceptedChange[];
  readonly exceptions: readonly Exception[];
}

export const noAcknowledgements: Acknowledgements = { changes: [], exceptions: [] };

/** The shortest reason, in characters. */
const reasonMinLength = 10;

const changeKeys = ["procedure", "fact", "before", "after", "reason", "by"] as const;
const exceptionKeys = ["procedure", "check", "reason", "by"] as const;

/**
 * Reads `{changes: [{procedure, fact, before, after, reason, by}], exceptions: [{procedure, check, reason, by}]}` as a
 * YAML or JSON parser returns it. Throws PolicyError that begins with `name` for anything else, and for a reason below
 * ten characters.
 */
export function readAcknowledgements(value: unknown, name: string): Acknowledgements {
  const file = mappingOf(value ?? {}, name);
  const stranger = Object.keys(file).find((key) => key !== "changes" && key !== "exceptions");
  if (stranger !== undefined) throw new PolicyError(`${name}: unknown key "${stranger}"`);
  return {
    changes: listOf(file["changes"], `${name}: changes`).map(({ item, place }) =>
      entryOf(item, changeKeys, place),
    ),
    exceptions: listOf(file["exceptions"], `${name}: exceptions`).map(({ item, place }) =>
      entryOf(item, exceptionKeys, place),
    ),
  };
}

/** The acceptance of `change`, if there is one of exactly it. */
export function acceptanceOf(
  { changes }: Acknowledgements,
  change: Change,
): AcceptedChange | undefined {
  const facts = ["procedure", "fact", "before", "after"] as const;
  return changes.find((accepted) => facts.every((fact) => accepted[fact] === change[fact]));
}

function entryOf<Key extends string>(
  value: unknown,
  keys: readonly Key[],
  place: string,
): Record<Key, string> {
  const mapping = mappingOf(value, place);
  const stranger = Object.keys(mapping).find((key) => !keys.some((known) => known === key));
  if (stranger !== undefined) throw new PolicyError(`${place}: unknown key "${stranger}"`);
  const entries = keys.map((key) => [key, textOf(mapping[key], `${place}.${key}`)] as const);
  const entry = Object.fromEntries(entries) as Record<Key, string>;
  if ((mapping["reason"] as string).trim().length >= reasonMinLength) return entry;
  throw new PolicyError(`${place}.reason: must say why in at least ${reasonMinLength} characters`);
}

function mappingOf(value: unknown, place: string): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
  throw new PolicyError(`${place}: must be a mapping`);
}

function listOf(value: unknown, place: string): { item: unknown; place: string }[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new PolicyError(`${place}: must be a list`);
  return value.map((item: unknown, index) => ({ item, place: `${place}[${index}]` }));
}

function textOf(value: unknown, place: string): string {
  if (typeof value === "string" && value.trim() !== "") return value;
  throw new PolicyError(`${place}: must be a text`);
}
